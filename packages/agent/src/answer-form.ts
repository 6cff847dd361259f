// What may be sent of an answer: to the model that gave it all of it, to another what anybody could have said. Some models
// refuse an answer that lacks what they give with their own, so that it has at least the word for none.
import type { AssistantMessage, ProviderMetadata, ReasoningPart } from '@retinue/kernel'
import { hasQuirk } from './quirk.ts'

type Parts = AssistantMessage['parts']

/** Gives the parts of an answer as a model takes them. */
export function answerParts(answer: AssistantMessage, model: string): Parts {
  const parts = answer.partial === true ? spokenParts(answer, model) : answer.parts
  if (hasQuirk(model, 'wantsSignatures')) return withSignature(parts)
  const all = hasQuirk(model, 'wantsThoughts') ? withThought(parts, model) : parts
  const isMarked = hasQuirk(model, 'givesUnsigned') || hasQuirk(model, 'wantsDetails')
  return isMarked ? all.map((part) => (part.type === 'reasoning' ? marked(part, model) : part)) : all
}

/**
 * What may be sent of an answer that was cut off, or that another model gave. Its provider never stored it, so references
 * to it (ids, signatures) would be refused from now on, and unsigned reasoning and parts of the provider's own would be
 * too; but some models take any thought, and refuse a call without one.
 */
export function spokenParts({ parts }: AssistantMessage, model = ''): Parts {
  return parts
    .filter(({ type }) => type !== 'provider' && (type !== 'reasoning' || hasQuirk(model, 'wantsThoughts')))
    .map((part) => {
      const { providerMetadata: _, ...rest } = part
      return rest
    })
}

/** The parts of an answer, of which the first call has a signature. */
function withSignature(parts: Parts): Parts {
  const at = parts.findIndex(({ type }) => type === 'tool-call')
  const call = parts[at]
  if (call === undefined || call.providerMetadata !== undefined) return parts
  return parts.with(at, { ...call, providerMetadata: unsigned })
}

const unsigned = { google: { thoughtSignature: 'skip_thought_signature_validator' } } as const

/** The parts of an answer with a thought; OpenRouter's package sends one of the same words only once. */
function withThought(parts: Parts, model: string): Parts {
  if (parts.some((part) => part.type === 'reasoning' && part.text !== '')) return parts
  const call = parts.find((part) => part.type === 'tool-call')
  const text = hasQuirk(model, 'wantsDetails') ? call && `[No thought: ${call.toolCallId}]` : ' '
  return text === undefined ? parts : [{ type: 'reasoning', text }, ...parts]
}

/** A thought with what its package asks for, to send it at all. */
function marked(thought: ReasoningPart, model: string): ReasoningPart {
  if (thought.providerMetadata !== undefined) return thought
  const detail = { type: 'reasoning.text', text: thought.text, format: 'unknown' }
  const providerMetadata: ProviderMetadata = hasQuirk(model, 'wantsDetails')
    ? { openrouter: { reasoning_details: [detail] } }
    : { anthropic: { signature: '' } }
  return { ...thought, providerMetadata }
}
