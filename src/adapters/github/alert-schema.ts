import * as z from 'zod';
import { plain } from '../../core/wording.ts';

/** The three lists of alerts, as rollbackd.yaml names them. */
export const ALERT_TYPES = ['code-scanning', 'dependabot', 'secret-scanning'] as const;
export type AlertType = (typeof ALERT_TYPES)[number];

/** An alert of any of the lists. */
export interface Alert {
  readonly type: AlertType;
  readonly number: string;
  readonly state: 'open' | 'fixed' | 'dismissed';
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly severity: 'low' | 'medium' | 'high' | 'critical';
  readonly rule: string;
  readonly summary: string;
  /** The file it lies in, or the manifest that names the package. */
  readonly path: string | null;
  readonly package: string | null;
  /** The commit that was analysed last. */
  readonly commit: string | null;
  readonly url: string;
}

const text = z.string().transform((said) => plain(said));
const maybe = text.nullish().transform((said) => said ?? null);
const time = z.string().transform((said) => Date.parse(said));
const number = z.union([z.number(), z.bigint()]).transform(String);
const common = {
  number,
  state: z.string(),
  created_at: time,
  updated_at: time.nullish(),
  html_url: text,
};

const codeScanning = z.object({
  ...common,
  rule: z.object({
    id: maybe,
    name: maybe,
    severity: maybe,
    security_severity_level: maybe,
    description: maybe,
  }),
  most_recent_instance: z
    .object({ commit_sha: maybe, location: z.object({ path: maybe }).nullish() })
    .nullish(),
});

const dependabot = z.object({
  ...common,
  dependency: z.object({ manifest_path: maybe, package: z.object({ name: maybe }).nullish() }),
  security_advisory: z.object({ ghsa_id: maybe, summary: maybe, severity: maybe }),
  security_vulnerability: z.object({ severity: maybe }).nullish(),
});

const secretScanning = z.object({
  ...common,
  secret_type: maybe,
  secret_type_display_name: maybe,
  validity: maybe,
  publicly_leaked: z.boolean().nullish(),
  first_location_detected: z.object({ path: maybe, commit_sha: maybe }).nullish(),
});

/** How each list is read; what a secret is, is never. */
export const ALERT_SHAPES: Readonly<Record<AlertType, z.ZodType<Alert>>> = {
  'code-scanning': codeScanning.transform((each): Alert => {
    const { rule, most_recent_instance: seen } = each;
    return {
      ...commonOf('code-scanning', each),
      severity: SEVERITY[rule.security_severity_level ?? ''] ?? BY_LEVEL[rule.severity ?? ''] ?? 'medium',
      rule: rule.id ?? rule.name ?? '',
      summary: rule.description ?? rule.name ?? '',
      path: seen?.location?.path ?? null,
      package: null,
      commit: seen?.commit_sha ?? null,
    };
  }),
  dependabot: dependabot.transform((each): Alert => {
    const { security_advisory: advisory, dependency } = each;
    return {
      ...commonOf('dependabot', each),
      severity: SEVERITY[each.security_vulnerability?.severity ?? advisory.severity ?? ''] ?? 'medium',
      rule: advisory.ghsa_id ?? '',
      summary: advisory.summary ?? '',
      path: dependency.manifest_path,
      package: dependency.package?.name ?? null,
      commit: null,
    };
  }),
  'secret-scanning': secretScanning.transform((each): Alert => {
    const { first_location_detected: place } = each;
    return {
      ...commonOf('secret-scanning', each),
      severity: each.publicly_leaked === true || each.validity === 'active' ? 'critical' : 'high',
      rule: each.secret_type ?? '',
      summary: each.secret_type_display_name ?? each.secret_type ?? 'a secret',
      path: place?.path ?? null,
      package: null,
      commit: place?.commit_sha ?? null,
    };
  }),
};

function commonOf(type: AlertType, each: z.output<z.ZodObject<typeof common>>) {
  return {
    type,
    number: each.number,
    state: STATES[each.state] ?? ('dismissed' as const),
    createdAt: each.created_at,
    updatedAt: each.updated_at ?? each.created_at,
    url: each.html_url,
  };
}

const STATES: Readonly<Record<string, Alert['state']>> = { open: 'open', fixed: 'fixed', resolved: 'fixed' };
const SEVERITY: Readonly<Record<string, Alert['severity']>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  critical: 'critical',
};
const BY_LEVEL: Readonly<Record<string, Alert['severity']>> = {
  note: 'low',
  none: 'low',
  warning: 'medium',
  error: 'high',
};
