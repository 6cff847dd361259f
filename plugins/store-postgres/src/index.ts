// The public surface of @retinue/store-postgres.
export { errorCodes, type PostgresErrorCode } from './errors.ts'
export { postgresStore, type PostgresStoreOptions } from './postgres-store.ts'
