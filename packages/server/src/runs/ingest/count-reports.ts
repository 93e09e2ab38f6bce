import type { Metrics } from '../../base/index.ts';

/** What became of reports since this process began. */
export class ReportCounts {
  ingested = 0;
  failed = 0;
  duplicate = 0;

  /** Shows them to Prometheus. */
  show(metrics: Metrics): void {
    const count = (name: string, help: string, read: () => number) =>
      metrics.gauge(name, help, [], async () => [{ labels: {}, value: read() }]);
    count('runs_ingested_total', 'Runs stored by this process.', () => this.ingested);
    count('runs_failed_total', 'Reports of runs that failed on our side.', () => this.failed);
    count('runs_duplicate_total', 'Repeats of runs that were stored.', () => this.duplicate);
  }

  /** As clients of the original read them: `GET /metrics` with `Accept: application/json`. */
  toJson() {
    return {
      metrics: {
        runs_ingested_total: this.ingested,
        runs_failed_total: this.failed,
        runs_duplicate_total: this.duplicate,
      },
      note: 'Counted by this process since it started. GET /metrics without Accept: application/json has all numbers for Prometheus.',
    };
  }
}
