// What the database holds, and how older tables become newer ones: steps that only go forward. Each function is one
// round trip, and so one transaction that no client can leave open.
import type { QueryResultRow } from 'pg'
import { failure } from './errors.ts'

/**
 * One step for each version. A step is never changed once it is published.
 *
 * - The revision of a record comes from a sequence; a replaced record gets a new one, and a removed one keeps a row
 *   without a value, so that a watch is a walk along the revisions.
 * - Whoever writes first locks the keys, in order, so that nobody waits for each other in a circle. Keys share 1,024
 *   locks: a transaction of any size fits into the server's table of locks.
 * - Transactions end in another order than that in which they got their revisions. Each holds the lock 0 as long as it
 *   runs, so that a watch can see whom to wait for before it takes a revision for the last.
 * - A receipt tells whether a transaction whose answer was lost has been kept; a lease knows by which request it was
 *   taken. A receipt that is found is written anew, so that its answer waits for a synchronous replica as the first
 *   would have.
 * - A replica that takes over may lack what the last server had acknowledged. The first to write on it moves the base of
 *   revisions and epochs far ahead: none is given twice, and whoever watches is told to look at everything again.
 */
const steps: readonly ((schema: string) => string)[] = [
  (schema) => `
    create sequence ${schema}.revision;
    create table ${schema}.record (
      kind text collate "C" not null,
      id text collate "C" not null,
      rev bigint not null,
      value text,
      primary key (kind, id)
    );
    create unique index record_rev on ${schema}.record (rev);
    create index record_removed on ${schema}.record (rev) where value is null;
    create table ${schema}.entry (
      kind text collate "C" not null,
      id text collate "C" not null,
      seq bigint not null,
      value text not null,
      primary key (kind, id, seq)
    );
    create table ${schema}.lease (
      name text collate "C" primary key,
      epoch bigint not null,
      until timestamptz not null,
      request uuid not null
    );
    create table ${schema}.receipt (
      request uuid primary key,
      at timestamptz not null default now(),
      revs bigint[] not null
    );
    create index receipt_at on ${schema}.receipt (at);

    create function ${schema}.history() returns text language plpgsql as $$
    begin
      if pg_is_in_recovery() then
        raise sqlstate '25006' using message = 'the server is a replica';
      end if;
      return left(pg_walfile_name(pg_current_wal_lsn()), 8); -- another with each server that takes over
    exception when feature_not_supported or insufficient_privilege then
      return ''; -- where servers share their disks, none lacks anything
    end $$;

    create table ${schema}.horizon (rev bigint not null, base bigint not null, history text not null);
    insert into ${schema}.horizon values (0, 0, ${schema}.history());

    create function ${schema}.base(out base bigint) language plpgsql as $$
    declare
      here constant text := ${schema}.history();
      leap constant bigint := 1000000000;
    begin
      select horizon.base into base from ${schema}.horizon where history = here;
      if not found then
        update ${schema}.horizon
          set base = horizon.base + leap, history = here,
            rev = horizon.base + leap + (select last_value from ${schema}.revision)
          where history <> here;
        select horizon.base into base from ${schema}.horizon;
      end if;
    end $$;

    create function ${schema}.transact(asked uuid, ops jsonb, out revs bigint[], out conflict json)
    language plpgsql as $$
    declare
      locks constant int := hashtext('${schema}');
      lock int;
      base bigint;
      op record;
      actual bigint;
    begin
      if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
      end if;
      perform pg_advisory_xact_lock_shared(locks, 0);
      for lock in
        select distinct 1 + (hashtext(key->>'kind' || '/' || (key->>'id')) & 1023)
        from jsonb_array_elements(ops) key order by 1
      loop
        perform pg_advisory_xact_lock(locks, lock);
      end loop;

      base := ${schema}.base();
      update ${schema}.receipt set at = now() where request = asked returning receipt.revs into revs;
      if found then
        return;
      end if;

      revs := '{}';
      begin
        for op in
          select * from jsonb_to_recordset(ops)
            as op(op text, kind text, id text, expect bigint, text text, texts jsonb)
        loop
          if op.op = 'append' then
            select coalesce(max(seq), 0) into actual from ${schema}.entry where kind = op.kind and id = op.id;
          else
            select coalesce(max(rev), 0) into actual
              from ${schema}.record where kind = op.kind and id = op.id and value is not null;
          end if;
          if actual <> op.expect then
            conflict := json_build_object('kind', op.kind, 'id', op.id, 'expected', op.expect, 'actual', actual);
            raise sqlstate 'RT409'; -- takes back what was made until now
          end if;
          if op.op = 'put' then
            insert into ${schema}.record values (op.kind, op.id, base + nextval('${schema}.revision'), op.text)
              on conflict (kind, id) do update set rev = excluded.rev, value = excluded.value
              returning rev into actual;
          elsif op.op = 'append' then
            insert into ${schema}.entry
              select op.kind, op.id, actual + place, value
              from jsonb_array_elements_text(op.texts) with ordinality as given(value, place);
            actual := actual + jsonb_array_length(op.texts);
          else
            delete from ${schema}.entry where kind = op.kind and id = op.id;
            if actual > 0 then
              update ${schema}.record set rev = base + nextval('${schema}.revision'), value = null
                where kind = op.kind and id = op.id returning rev into actual;
            end if;
          end if;
          revs := revs || actual;
        end loop;
        insert into ${schema}.receipt (request, revs) values (asked, revs);
      exception when sqlstate 'RT409' then
        revs := null;
      end;
    end $$;

    create function ${schema}.writers() returns text[] language sql as $$
      select coalesce(array_agg(virtualtransaction), '{}') from pg_locks
      where locktype = 'advisory' and classid = hashtext('${schema}')::oid and objid = 0 and objsubid = 2
        and database = (select oid from pg_database where datname = current_database())
    $$;

    create function ${schema}.stand(out last bigint, out writing text[]) language plpgsql as $$
    begin
      perform ${schema}.history(); -- a replica knows neither who writes nor what the last revision is
      -- In this order: who has a revision up to that one is either done or among those who write.
      select base + case when is_called then last_value else 0 end into last
        from ${schema}.revision, ${schema}.horizon;
      writing := ${schema}.writers();
    end $$;

    create function ${schema}.forget(removals bigint, receipts interval) returns void language plpgsql as $$
    declare
      upto bigint;
    begin
      delete from ${schema}.receipt where at < now() - receipts;
      select base + last_value - removals into upto from ${schema}.revision, ${schema}.horizon;
      delete from ${schema}.record where value is null and rev <= upto;
      if found then
        update ${schema}.horizon set rev = greatest(rev, upto);
      end if;
    end $$;`,
]

/** The version of tables that this package writes. */
export const schemaVersion = steps.length

/** The oldest server that is tried: 130000 is 13.0. */
const oldestServer = 130_000

/**
 * Makes the tables where there are none, and brings older ones up to date: in one statement, as all that is asked.
 * @throws {RETINUE_POSTGRES_UNSUPPORTED}, {RETINUE_POSTGRES_READONLY}, {RETINUE_POSTGRES_FOREIGN},
 * {RETINUE_POSTGRES_NEWER}
 */
export async function migrate(ask: Ask, schema: string): Promise<void> {
  await checkServer(ask)
  if ((await versionOf(ask, schema)) === schemaVersion) return // who has no right to make tables can use them
  const missing = steps.map(
    (step, i) => `
      if (select version from ${schema}.version) = ${i} then
        ${step(schema)}
        update ${schema}.version set version = ${i + 1};
      end if;`,
  )
  await ask(`
    do $migrate$ begin
      perform pg_advisory_xact_lock(hashtext('retinue'));
      -- Asked of the table: what this connection has been told before may be older than the lock.
      perform from pg_namespace where oid = to_regnamespace('${schema}');
      if not found then
        create schema ${schema};
      end if;
      if to_regclass('${schema}.version') is null then
        create table ${schema}.version (version int not null);
        insert into ${schema}.version values (0);
      end if;${missing.join('')}
    end $migrate$`)
}

/** Asks the database one statement. */
export type Ask = <Row extends QueryResultRow>(text: string) => Promise<Row[]>

async function checkServer(ask: Ask): Promise<void> {
  const [server] = await ask<{
    number: string
    name: string
    encoding: string
    isolation: string
    replica: boolean
  }>(
    `select current_setting('server_version_num') as number, current_setting('server_version') as name,
       current_setting('server_encoding') as encoding, current_setting('default_transaction_isolation') as isolation,
       pg_is_in_recovery() as replica`,
  )
  const { number, name, encoding, isolation, replica } = server!
  if (replica) {
    throw failure(
      'RETINUE_POSTGRES_READONLY',
      'The server is a replica: it lags behind, and takes no writes.',
      'Give the address of the server that takes writes.',
    )
  }
  if (Number(number) >= oldestServer && encoding === 'UTF8' && isolation === 'read committed') return
  throw failure(
    'RETINUE_POSTGRES_UNSUPPORTED',
    `This is Postgres ${name}; the database has the encoding ${encoding}, and its transactions are '${isolation}'.`,
    "Use Postgres 13 or later, and a database of the encoding UTF8 in which transactions are 'read committed', as they are unless somebody has set default_transaction_isolation.",
  )
}

/** The version of our tables; 0 where there are none. */
async function versionOf(ask: Ask, schema: string): Promise<number> {
  const [found] = await ask<{ ours: boolean; tables: boolean }>(
    `select to_regclass('${schema}.version') is not null as ours,
       exists (select from pg_class where relnamespace = to_regnamespace('${schema}')) as tables`,
  )
  const { ours, tables } = found!
  if (!ours && !tables) return 0
  const version = ours ? await ourVersion(ask, schema) : undefined
  if (version === undefined) {
    throw failure(
      'RETINUE_POSTGRES_FOREIGN',
      `The schema ${schema} holds tables of something else.`,
      'Pass { schema } with the name of another; retinue makes it where there is none.',
    )
  }
  if (version <= schemaVersion) return version
  throw failure(
    'RETINUE_POSTGRES_NEWER',
    `The schema ${schema} has the version ${version}; this package knows ${schemaVersion}. Nothing was written.`,
    'Update @retinue/store-postgres.',
  )
}

async function ourVersion(ask: Ask, schema: string): Promise<number | undefined> {
  const [row] = await ask<{ version?: unknown }>(`select * from ${schema}.version limit 1`)
  const version = row?.version
  return typeof version === 'number' ? version : undefined
}
