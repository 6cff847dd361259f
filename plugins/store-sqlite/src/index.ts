// The public surface of @retinue/store-sqlite.
export { sqliteStore } from './sqlite-store.ts'
export { errorCodes, type SqliteErrorCode } from './errors.ts'
