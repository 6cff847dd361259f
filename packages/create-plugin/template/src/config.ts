// What people can set. An agent's values hold for all its users, a user's for all their sessions.
import { Config, Type } from '@retinue/kernel'

/** How things are said. */
export class SampleThingConfig extends Config('sample_thing', {
  loud: Type.Boolean({ default: false, description: 'Whether all is said in capitals.' }),
}) {}
