import type { Message, Notice } from '../../src/core/notice.ts';
import { NIGHT } from './incident-story.ts';

export function aMessage(said: Partial<Message> = {}): Message {
  return {
    subject: '[L1] production: a test fails (INC-1)',
    shape: 'wrong',
    word: 'Failing',
    headline: 'A test fails.',
    request: 'Look at it.',
    links: [],
    sections: [],
    footer: ['You get this because you are on call.'],
    ...said,
  };
}

/** A level's notice of INC-1 to on-call by mail, unless said otherwise. */
export function aNotice(said: Partial<Notice> = {}): Notice {
  return {
    id: 'INC-1/1/level/on-call/mail',
    kind: 'level',
    environment: 'production',
    incident: 'INC-1',
    level: 'L1',
    to: 'on-call',
    via: 'mail',
    owedAt: NIGHT,
    message: aMessage(),
    thread: said.incident ?? 'INC-1',
    exempt: false,
    stopsWhenAcknowledged: true,
    ...said,
  };
}
