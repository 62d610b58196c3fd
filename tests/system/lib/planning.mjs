// @ts-check
// What tests of planning share: sites with fake streamers, times as people write them, and the plan's file.

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CoordinatorFiles, listed, startCoordinator, startSite } from './coordinator.mjs';
import { FakeStreamer } from './fake_streamer.mjs';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** An instant as it stands in answers and files. @param {number} ms @returns {string} */
export const instant = ms => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** The first multiple of @minutes that is at least @ahead from now. @param {number} ahead @param {number} [minutes] */
export const roundTime = (ahead, minutes = 15) =>
  Math.ceil((Date.now() + ahead) / (minutes * MINUTE)) * minutes * MINUTE;

/** The date and time, UTC, as people write them. @param {number} ms @returns {{ date: string, time: string }} */
export function written(ms) {
  const at = new Date(ms);
  return {
    date: `${at.getUTCDate()}/${at.getUTCMonth() + 1}/${at.getUTCFullYear()}`,
    time: at.toISOString().slice(11, 16),
  };
}

/**
 * @typedef {object} PlanRecord  an entry of sessions_planned.json
 * @property {string} id
 * @property {string} code
 * @property {string} rc_name
 * @property {string} starts_at
 * @property {string} ends_at
 * @property {'planned' | 'running' | 'ended'} state
 * @property {boolean} [booked]
 * @property {string} [server_name]
 * @property {string} [reason]
 * @property {string} [request_id]
 * @property {string} [client]
 * @property {string} [ended_at]
 */

/**
 * A booking of "River" for the plan's file, from and until so many milliseconds from now: so that a test need not wait
 * for the next whole minute.
 * @param {number} from @param {number} until @param {Partial<PlanRecord>} [more]
 * @returns {PlanRecord}
 */
export function planned(from, until, more = {}) {
  return {
    id: randomBytes(16).toString('hex'),
    code: String(randomBytes(4).readUInt32BE() % 10_000).padStart(4, '0'),
    rc_name: 'River',
    starts_at: instant(Date.now() + from),
    ends_at: instant(Date.now() + until),
    state: 'planned',
    booked: true,
    ...more,
  };
}

/**
 * What a plan's file and its journal have in them, put together as vitrina-sessions_planned.json(5) says: the journal is read
 * first, and a last line without its end is none.
 * @param {string} plan @returns {PlanRecord[]} none while there are no files
 */
export function readPlanFiles(plan) {
  const journal = plan.replace(/\.json$/, '.journal');
  const text = existsSync(journal) ? readFileSync(journal, 'utf8') : '';
  const lines = text.split('\n').slice(0, -1);
  /** @type {(PlanRecord & { folded?: number })[]} */
  const whole = existsSync(plan) ? JSON.parse(readFileSync(plan, 'utf8')) : [];
  const folded = Math.max(0, ...whole.slice(0, 1).map(record => record.folded ?? 0));
  const byId = new Map(whole.map(({ folded: _, ...record }) => [record.id, record]));
  for (const { n, id, record } of lines.map(line => JSON.parse(line)))
    if (n > folded && record) byId.set(id, record);
    else if (n > folded) byId.delete(id);
  return [...byId.values()];
}

/** A line of the journal that says what a record is from now on. @param {number} n @param {PlanRecord} record */
export function journalLine(n, record) {
  const rest = JSON.stringify({ n, id: record.id, record }).slice(1);
  return `{"sum":"${createHash('sha256').update(rest).digest('hex').slice(0, 16)}",${rest}\n`;
}

/** The coordinator's files with its plan among them. */
export class PlanningFiles extends CoordinatorFiles {
  plan = join(this.directory, 'sessions_planned.json');
  journal = join(this.directory, 'sessions_planned.journal');

  /** What is on the disk. */
  readPlan() {
    return readPlanFiles(this.plan);
  }

  /** @param {PlanRecord[] | string} records */
  writePlan(records) {
    writeFileSync(this.plan, typeof records === 'string' ? records : JSON.stringify(records));
  }

  /** The record with that code that is not over. @param {string} code */
  find(code) {
    return this.readPlan().find(record => record.code === code && record.state !== 'ended');
  }
}

/**
 * Settings for tests about time: the finest slots. A status may take long: the test's own process is the streamers, too, and on a
 * busy machine late; what changes is told at once. The clock is believed soon after the start.
 */
export const usual = { slot_minutes: 1, status_wait_seconds: 30, clock_steady_seconds: 1 };

/**
 * A site with one RC, "River", on as many fake streamers as there are limits, and what the plan's file holds already.
 * @param {import('./programs.mjs').Scope} scope
 * @param {{ limits?: number[], settings?: object, plan?: PlanRecord[], files?: PlanningFiles, env?: Record<string, string> }} [options]
 *   `env`: added to the coordinator's environment
 */
export async function startRiver(scope, { limits = [1], settings = {}, plan, files = new PlanningFiles(scope), env } = {}) {
  const streamers = await Promise.all(
    limits.map((limit, i) => FakeStreamer.start(scope, { name: `river-${i + 1}`, key: files.key, limit })),
  );
  if (plan) files.writePlan(plan);
  const servers = streamers.map(streamer => listed(streamer, 'River'));
  const site = await startSite(scope, { files, servers, settings: { ...usual, ...settings }, env });
  await site.online(limits.length);
  const { client } = site;
  return {
    ...site,
    files,
    streamers,
    /** Books River. @param {number} at @param {object} [fields] */
    book: (at, fields = {}) => client.ask('PLAN_SESSION', { rc_name: 'River', ...written(at), ...fields }),
    /** @param {string} code @param {object} [fields] @param {object} [options] of the request */
    come: (code, fields = {}, options = {}) => client.ask('CONNECT_SESSION_WITH_CODE', { code, ...fields }, options),
    /** @param {object} [fields] */
    walkIn: (fields = {}) => client.ask('START_SESSION', { rc_name: 'River', ...fields }),
    /**
     * Ends the coordinator, lets `between` change its files, and starts another.
     * @param {(() => void) | null} [between] @param {import('./programs.mjs').Program} [old]
     */
    restart: async (between, old = site.coordinator) => {
      await old.stop();
      between?.();
      const coordinator = await startCoordinator(scope, files, { env });
      await site.online(limits.length);
      return coordinator;
    },
  };
}
