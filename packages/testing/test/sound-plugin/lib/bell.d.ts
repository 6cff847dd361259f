import type { Config, Context, Plugin, SecretRef, Section, Toolset, Type } from '@retinue/kernel'

declare const BellConfigBase: ReturnType<
  typeof Config<{
    tone: Type.TUnion<[Type.TLiteral<'high'>, Type.TLiteral<'low'>]>
    ringerKey: Type.TOptional<Type.TUnsafe<SecretRef>>
  }>
>
export declare class BellConfig extends BellConfigBase {}
declare const RingsBase: ReturnType<typeof Context<{ times: Type.TArray<Type.TInteger> }>>
export declare class Rings extends RingsBase {
  get count(): number
}
declare const BellSectionBase: ReturnType<typeof Section<{ polite: Type.TBoolean }>>
export declare class BellSection extends BellSectionBase {}
declare const HouseRulesBase: ReturnType<typeof Section<{}>>
export declare class HouseRules extends HouseRulesBase {}
export declare const bell: Toolset
export declare const plugin: Plugin
