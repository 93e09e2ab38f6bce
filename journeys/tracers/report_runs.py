"""An agent of the original, unmodified: it reports fifty runs, each with a failed attempt, a retry and a decision."""

import sys

from agenttrace import AgentTracer

with AgentTracer(
    agent_id="python-agent",
    agent_version="1.0.0",
    api_url=sys.argv[1],
    environment="test",
) as tracer:
    for number in range(50):
        with tracer.start_run() as run:
            with run.step("plan", "analyze_query"):
                pass
            with run.step("tool", "search") as first:
                first.add_metadata({"attempt": 1, "http_status": 503})
            with run.step("tool", "search") as second:
                second.add_metadata({"attempt": 2, "http_status": 200, "number": number})
            run.record_decision(
                decision_type="retry_strategy",
                selected="retry_once",
                reason_code="transient_error_detected",
                candidates=["retry_once", "give_up"],
                confidence=0.75,
                step_id=first.step_id,
            )
            run.record_quality_signal("retry_occurred", "single_retry", True, weight=0.5)
            if number % 10 == 9:
                run.record_failure("tool", "timeout", "token limit exceeded", step_id=second.step_id)
                run.status = "failure"
            print(run.run_id, flush=True)
