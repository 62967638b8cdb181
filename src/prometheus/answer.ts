import { z } from "zod";

/** What the HTTP API answers; https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
const envelope = z.object({
  status: z.enum(["success", "error"]),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  infos: z.array(z.string()).optional(),
  data: z.unknown().optional(),
});
export type Envelope = z.output<typeof envelope>;

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);

export const vectorData = z.object({
  resultType: z.literal("vector"),
  result: z.array(z.object({ metric: labels, value: point.optional(), histogram: z.unknown().optional() })),
});

export const matrixData = z.object({
  resultType: z.literal("matrix"),
  result: z.array(
    z.object({ metric: labels, values: z.array(point).optional(), histograms: z.array(z.unknown()).optional() }),
  ),
});

/** Reads `body` as the API's envelope; undefined for anything else, such as a login page. */
export function parseEnvelope(body: unknown): Envelope | undefined {
  return envelope.safeParse(body).data;
}

/** The samples as the driver hands them on: parsed numbers, the name apart from the labels. */
const parsedMetric = z.object({ name: z.string().optional(), labels });
const parsedPoint = z.object({ time: z.date(), value: z.number().or(z.nan()) });
export const parsedVector = z.array(z.object({ metric: parsedMetric, value: parsedPoint }));
export const parsedMatrix = z.array(z.object({ metric: parsedMetric, values: z.array(parsedPoint) }));

/** Labels with the metric's name back under `__name__`, where the server has it. */
export function withName({ name, labels: others }: z.output<typeof parsedMetric>): Record<string, string> {
  return name === undefined ? others : { __name__: name, ...others };
}
