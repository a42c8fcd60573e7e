// Words of the service, generated from openapi.json, and what the parts of the extension say to one another.
import type { components } from './openapi';

type Schemas = components['schemas'];
export type Claim = Schemas['ReportClaim'];
export type Alert = Schemas['ReportAlert'];
export type Report = Schemas['ReportReply'];
export type BatchReply = Schemas['BatchReply'];
export type BatchRequest = Schemas['BatchRequest'];
export type Versions = Schemas['VersionReply'];
export type Level = Schemas['RiskLevel'];
export type Assessment = Schemas['Assessment'];
export type Reference = Schemas['Reference'];

export const LEVELS: readonly Level[] = ['none', 'low', 'moderate', 'high', 'critical'];

export interface Block { id: string; text: string }

/** What a reader is shown of a claim or an alert; every string is plain text. */
export interface Finding {
  kind: 'claim' | 'alert';
  id: string;
  start: number;            // UTF-16, into the block; -1 where the service gives no place
  end: number;
  exact: string;
  prefix: string;
  suffix: string;
  level: Level;
  flagged: boolean;
  assessment: Assessment | null;
  certainty: Claim['certainty'] | null;
  stance: Claim['stance'] | null;
  relation: Claim['relation'] | null;
  negated: boolean;
  intervention: string;
  target: string;
  evidence: Claim['evidence']['status'] | null;
  asOf: string;
  known: string[];
  risks: string[];
  references: Reference[];
  explanation: string;
  rule: string;
  probability: number | null;
  versions: { model: string; kb: string; claimcheck: string; rules: string; policy: string };
}

/** Why texts are not being checked. Each has words of its own: see `state_*` in the locales. */
export type Trouble =
  | 'no_server' | 'down' | 'slow' | 'refused' | 'forbidden' | 'limited' | 'busy' | 'broken' | 'stranger' | 'rejected';

export interface BlockResult { id: string; findings: Finding[]; language: boolean; error: boolean }
export type CheckReply =
  | { ok: true; results: BlockResult[] }
  | { ok: false; trouble: Trouble; retryIn: number | null };

export type SiteChoice = 'always' | 'never' | 'allow';
export interface Settings {
  level: Level;
  showSupported: boolean;
  display: 'marks' | 'badge';
  language: 'auto' | 'en' | 'de';
  sites: Record<string, SiteChoice>;
}

export type Scope = 'page' | 'site' | 'everywhere';
export interface Dismissal {
  id: string; exact: string; prefix: string; suffix: string;
  scope: Scope; host: string; page: string; at: string;
}

/** What the background tells a page that begins. */
export interface Start {
  allowed: boolean;
  /** Whether the parts of the site where its members write to one another may be read. */
  messages: boolean;
  settings: Settings;
  words: Record<string, string>;
  locale: string;
  server: string;
  dismissals: Dismissal[];
}

export interface Tally { state: 'checking' | 'done' | 'partial' | 'trouble' | 'language' | 'private'; count: number; high: number }

export interface Draft {
  kind: 'wrong' | 'missed';
  rule: string;
  claimId: string;
  quote: string;
  prefix: string;
  suffix: string;
  url: string;
  versions: Finding['versions'] | null;
}

export type ToBackground =
  | { type: 'start'; again?: boolean }
  | { type: 'check'; blocks: Block[] }
  | { type: 'retry' }
  | { type: 'tally'; tally: Tally }
  | { type: 'dismiss'; scope: Scope; finding: Pick<Finding, 'id' | 'exact' | 'prefix' | 'suffix'> }
  | { type: 'report'; draft: Omit<Draft, 'url'> }
  | { type: 'open'; page: 'options' | 'sent' }
  // from the extension's own pages only
  | { type: 'test'; server: string; token: string }
  | { type: 'feedback'; body: Record<string, unknown> }
  | { type: 'checkText'; text: string }
  | { type: 'checkAnyway'; tabId: number }
  | { type: 'changed' };

export type ToContent = { type: 'command'; name: 'next' | 'previous' | 'list' | 'click' } | { type: 'settings' };

export interface TestReply { ok: boolean; trouble: Trouble | null; keyChecked: boolean; versions: Versions | null }
export interface FeedbackReply { ok: boolean; trouble: Trouble | 'missing' | null; id: string; retryIn: number | null }
