/** What a person types to run this command: what npm or its like has started is not on their path. */
export const ownName = process.env['npm_config_user_agent'] === undefined ? 'retinue' : 'npx retinue'
