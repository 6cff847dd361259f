// The public surface of @retinue/store.

// The contract, one store, and how to change a record safely.
export type {
  AppendOp,
  Change,
  Lease,
  LeaseOptions,
  ListedRecord,
  ListOptions,
  LogEntry,
  Op,
  PutOp,
  ReadOptions,
  RecordStore,
  RemoveOp,
  Result,
  StoredRecord,
  WatchFilter,
  WatchOptions,
} from './record-store.ts'
export { memoryStore } from './memory-store.ts'
export { update, type UpdateOptions } from './update.ts'

// Sessions that are there tomorrow.
export { StoredSessionManager, type SessionPage, type StoredSessionEvents } from './stored-session-manager.ts'
export type {
  ForkOptions,
  LoadOptions,
  PageOptions,
  StoredSessionManagerOptions,
  UntilOptions,
} from './manager-options.ts'
export type { Loaded } from './owner-loader.ts'
export type { Point } from './session-history.ts'
export type { Fork, Revision, SessionInfo } from './session-records.ts'

// For those who write a store.
export {
  checkedCursor,
  checkedList,
  checkedOps,
  checkedRead,
  checkKey,
  checkLease,
  checkName,
  checkWatch,
  invalid,
  type CheckedOp,
} from './input.ts'
export { conflict, conflictOf, cursorOld, leaseLost, storeClosed, type ConflictDetails } from './errors.ts'
export { prefixEnd } from './text-order.ts'
export { Watches, type ChangePage, type ChangeSource } from './watches.ts'
export { errorCodes, type StoreErrorCode } from './errors.ts'
