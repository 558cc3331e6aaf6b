import type { Instant } from './time.ts';

export type NoticeKind =
  | 'opened'
  | 'level'
  | 'approval'
  | 'approval-passed-on'
  | 'unanswered'
  | 'acting'
  | 'rolled-back'
  | 'closed'
  | 'failed'
  | 'verification-failed'
  | 'escalated'
  | 'stood-down'
  | 'monitoring'
  | 'would-have'
  | 'source-silent'
  | 'source-live'
  | 'blind'
  | 'known-failures'
  | 'quarantined-running'
  | 'not-possible'
  | 'possible'
  | 'reload-failed'
  | 'told';

/** One line of a table in a notice: label and value; `shape` is one of the seven status shapes. */
export interface Fact {
  readonly label: string;
  readonly value: string;
  readonly code?: boolean;
  readonly shape?: Shape;
}

/** The seven status shapes: said by form and word, never by colour alone. */
export type Shape = 'well' | 'wrong' | 'needs-person' | 'running' | 'not-yet' | 'unknown' | 'held';

/**
 * What people are told, before it is anybody's mail: plain text parts, unescaped.
 * The renderer of each channel escapes; nothing here is trusted.
 */
export interface Message {
  /** The request first: `[approve by 03:13 UTC] production: roll back to 4b7e03d? (INC-12)`. */
  readonly subject: string;
  readonly shape: Shape;
  readonly word: string;
  /** How much it weighs: `high, data quality`. */
  readonly about?: string;
  /** One sentence of facts. */
  readonly headline: string;
  /** One sentence of request, or that nothing is asked. */
  readonly request: string;
  readonly links: readonly { readonly label: string; readonly path: string; readonly primary: boolean }[];
  readonly sections: readonly {
    readonly title: string;
    readonly facts?: readonly Fact[];
    readonly steps?: readonly string[];
    readonly text?: string;
  }[];
  /** Why you get this, what follows without you. */
  readonly footer: readonly string[];
}

/** A message owed to one person over one channel, with an id so that twice is harmless. */
export interface Notice {
  /** `INC-3/7/oncall/mail`: the same transition never makes a second one. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly environment: string;
  readonly incident: string | null;
  readonly level: string | null;
  /** A person of the configuration; addresses come only from there. */
  readonly to: string;
  readonly via: string;
  readonly owedAt: Instant;
  readonly message: Message;
  /** Notices of one thread answer one another in a mail program. */
  readonly thread: string;
  /** Told even past the cap per recipient. */
  readonly exempt: boolean;
  /** No longer sent once the incident is acknowledged. */
  readonly stopsWhenAcknowledged: boolean;
}
