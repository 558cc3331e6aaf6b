import * as z from 'zod';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});

/** What `GET /containers/json` says of each container, as far as it is read. */
export const Listed = z.array(z.looseObject({ Id: z.string(), Labels: labels }));

/** What `GET /containers/ID/json` says. */
export const Inspected = z.looseObject({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  RestartCount: z.number(),
  State: z.looseObject({
    Status: z.enum(['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']),
    OOMKilled: z.boolean(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    Health: z.looseObject({ Status: z.string() }).nullish(),
  }),
  Config: z.looseObject({ Image: z.string() }),
});

/** One line of `GET /events`. */
export const Event = z.looseObject({
  Type: z.string(),
  Action: z.string(),
  Actor: z.looseObject({ ID: z.string(), Attributes: labels }),
  timeNano: z.number(),
});

export type Listed = z.infer<typeof Listed>[number];
export type Inspected = z.infer<typeof Inspected>;
export type Event = z.infer<typeof Event>;
