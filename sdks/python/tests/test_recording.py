"""What a run looks like on the wire, whatever the agent does with it."""

import asyncio
import datetime
import threading
import unittest

from agenttrace import AgentTracer
from tests.recording_server import RecordingServer


class RecordingCase(unittest.TestCase):
    def setUp(self):
        self.server = RecordingServer()
        self.addCleanup(self.server.__exit__)
        self.tracer = self.make()

    def make(self, **settings):
        tracer = AgentTracer("helper", "1.0.0", api_url=self.server.url, flush_interval=0.01, **settings)
        self.addCleanup(tracer.close, 0)
        return tracer

    def sent(self, run):
        self.assertTrue(self.tracer.flush(20))
        return self.server.runs[run.run_id]


class TheOriginalFlow(RecordingCase):
    def test_sends_the_fields_of_the_original(self):
        tracer = AgentTracer(
            agent_id="support", agent_version="2.1.0", api_url=self.server.url, environment="dev", api_key="k-1"
        )
        with tracer:
            with tracer.start_run() as run:
                with run.step("plan", "analyze_query"):
                    pass
                with run.step("tool", "call_api") as step:
                    step.add_metadata({"tool": "crm", "attempt": 1, "http_status": 200})
                run.record_decision(
                    decision_type="tool_selection",
                    selected="crm",
                    reason_code="fresh_data_required",
                    candidates=["crm", "cache"],
                    confidence=0.8,
                    step_id=step.step_id,
                    metadata={"region": "eu"},
                )
                run.record_quality_signal("schema_valid", "full_match", True, weight=1.0)
                run.record_failure("tool", "timeout", "API did not answer in 5s", step_id=step.step_id)
            tracer.flush()
        self.assertEqual([each["path"] for each in self.server.requests], ["/v1/runs"])
        request = self.server.requests[0]
        self.assertEqual(request["headers"].get("authorization", request["headers"].get("Authorization")), "Bearer k-1")
        body = request["body"]
        self.assertEqual(
            sorted(body),
            sorted(
                "run_id agent_id agent_version environment status started_at ended_at steps failure decisions "
                "quality_signals".split()
            ),
        )
        self.assertEqual((body["agent_id"], body["agent_version"], body["environment"]), ("support", "2.1.0", "dev"))
        self.assertEqual(body["status"], "failure")
        self.assertEqual([each["seq"] for each in body["steps"]], [0, 1])
        self.assertEqual(
            sorted(body["steps"][0]),
            ["ended_at", "latency_ms", "metadata", "name", "seq", "started_at", "step_id", "step_type"],
        )
        self.assertEqual(body["steps"][1]["metadata"], {"tool": "crm", "attempt": 1, "http_status": 200})
        self.assertEqual(body["failure"]["step_id"], step.step_id)
        self.assertEqual(body["failure"]["message"], "API did not answer in 5s")
        self.assertEqual(body["decisions"][0]["candidates"], ["crm", "cache"])
        self.assertEqual(body["quality_signals"][0]["value"], True)
        self.assertTrue(body["started_at"].endswith("+00:00"))
        self.assertLessEqual(
            datetime.datetime.fromisoformat(body["started_at"]), datetime.datetime.fromisoformat(body["ended_at"])
        )

    def test_omits_empty_lists_and_always_sends_failure(self):
        with self.tracer.start_run() as run:
            pass
        body = self.sent(run)
        self.assertNotIn("decisions", body)
        self.assertNotIn("quality_signals", body)
        self.assertIsNone(body["failure"])
        self.assertEqual(body["status"], "success")

    def test_an_exception_of_the_agent_propagates_and_is_recorded_with_its_step(self):
        with self.assertRaises(ZeroDivisionError):
            with self.tracer.start_run() as run:
                with run.step("plan", "fine"):
                    pass
                with run.step("tool", "outer"):
                    with run.step("tool", "divides") as step:
                        1 / 0
        body = self.sent(run)
        self.assertEqual(body["status"], "failure")
        self.assertEqual(
            body["failure"],
            {
                "step_id": step.step_id,
                "failure_type": "orchestration",
                "failure_code": "uncaught_exception",
                "message": "Uncaught exception: ZeroDivisionError",
            },
        )

    def test_partial_is_assigned(self):
        with self.tracer.start_run() as run:
            run.status = "partial"
        self.assertEqual(self.sent(run)["status"], "partial")

    def test_the_last_failure_counts(self):
        with self.tracer.start_run() as run:
            run.record_failure("tool", "timeout", "first")
            run.record_failure("model", "overloaded", "second")
        self.assertEqual(self.sent(run)["failure"]["message"], "second")

    def test_from_env_reads_what_is_documented(self):
        env = {
            "AGENT_ID": "a", "AGENT_VERSION": "9", "TRACER_ENVIRONMENT": "test",
            "TRACER_API_URL": self.server.url, "TRACER_API_KEY": "k",
        }
        tracer = AgentTracer.from_env(env)
        with tracer.start_run() as run:
            pass
        self.assertTrue(tracer.close(20))
        body = self.server.runs[run.run_id]
        self.assertEqual((body["agent_id"], body["agent_version"], body["environment"]), ("a", "9", "test"))

    def test_switched_off_it_sends_nothing(self):
        for tracer in (AgentTracer.from_env({"TRACER_ENABLED": "false", "TRACER_API_URL": self.server.url}),):
            with tracer.start_run() as run:
                with run.step("plan", "x"):
                    pass
            self.assertTrue(tracer.close())
        self.assertEqual(self.server.requests, [])


class Steps(RecordingCase):
    def test_a_step_that_was_never_entered_does_not_lose_the_run(self):
        with self.tracer.start_run() as run:
            ghost = run.step("tool", "never")
            with run.step("tool", "entered"):
                pass
            run.record_failure("tool", "timeout", "late", step_id=ghost.step_id)
        body = self.sent(run)
        self.assertEqual([(each["seq"], each["name"]) for each in body["steps"]], [(0, "entered")])
        self.assertIsNone(body["failure"]["step_id"])

    def test_nested_steps_have_gapless_seq_in_the_order_of_entry(self):
        with self.tracer.start_run() as run:
            with run.step("plan", "outer"):
                with run.step("tool", "inner"):
                    pass
        self.assertEqual([(each["seq"], each["name"]) for each in self.sent(run)["steps"]], [(0, "outer"), (1, "inner")])

    def test_a_step_still_open_at_the_end_is_closed_with_a_mark(self):
        with self.tracer.start_run() as run:
            step = run.step("tool", "left open").__enter__()
        step.__exit__(None, None, None)
        body = self.sent(run)
        self.assertEqual(body["steps"][0]["metadata"], {"unfinished": True})

    def test_usage_is_sent_where_it_is_known(self):
        with self.tracer.start_run() as run:
            with run.step("respond", "answer") as step:
                step.set_usage(model="m-1", input_tokens=10, output_tokens=-1, cost_usd=float("nan"))
                step.set_usage(reasoning_tokens=0, provider=None)
        body = self.sent(run)
        known = {key: body["steps"][0].get(key) for key in ("model", "provider", "input_tokens", "output_tokens", "reasoning_tokens", "cost_usd")}
        self.assertEqual(
            known,
            {"model": "m-1", "provider": None, "input_tokens": 10, "output_tokens": None, "reasoning_tokens": 0, "cost_usd": None},
        )

    def test_threads_share_a_run(self):
        with self.tracer.start_run() as run:
            def work(number):
                for _ in range(25):
                    with run.step("tool", "t%d" % number):
                        pass
            threads = [threading.Thread(target=work, args=(each,)) for each in range(8)]
            for each in threads:
                each.start()
            for each in threads:
                each.join()
        body = self.sent(run)
        self.assertEqual([each["seq"] for each in body["steps"]], list(range(200)))
        self.assertEqual(len({each["step_id"] for each in body["steps"]}), 200)

    def test_asyncio_steps_overlap(self):
        async def main():
            async with self.tracer.start_run() as run:
                first_inside = asyncio.Event()

                async def first():
                    async with run.step("tool", "first"):
                        first_inside.set()
                        await second_done.wait()

                async def second():
                    await first_inside.wait()
                    with run.step("tool", "second"):
                        pass
                    second_done.set()

                second_done = asyncio.Event()
                await asyncio.gather(first(), second())
                return run

        body = self.sent(asyncio.run(main()))
        first, second = body["steps"]
        self.assertEqual((first["name"], second["name"]), ("first", "second"))
        self.assertLessEqual(second["ended_at"], first["ended_at"])

    def test_wrong_use_never_raises_and_keeps_the_run(self):
        with self.assertLogs("cairn_tracer", "WARNING"):
            with self.tracer.start_run() as run:
                with run.step("no-such-type", None) as step:
                    step.add_metadata(None)
                    step.add_metadata(42)
                run.record_failure("weather", "", None)
                run.record_decision()
                run.record_decision("tool_selection", "x", "no_such_code")
                run.record_quality_signal("retrieval_success", "results_found", True)
                run.status = "great"
        body = self.sent(run)
        self.assertEqual((body["steps"][0]["step_type"], body["steps"][0]["name"]), ("other", "unnamed"))
        self.assertEqual((body["status"], body["failure"]["failure_type"]), ("partial", "orchestration"))
        self.assertNotIn("decisions", body)

    def test_records_after_the_end_are_dropped(self):
        with self.tracer.start_run() as run:
            pass
        with self.assertLogs("cairn_tracer", "WARNING"):
            run.record_failure("tool", "timeout", "too late")
        self.assertEqual(self.sent(run)["status"], "success")

    def test_end_serves_where_with_cannot(self):
        run = self.tracer.start_run()
        run.end("partial")
        run.end("failure")
        self.assertEqual(self.sent(run)["status"], "partial")


if __name__ == "__main__":
    unittest.main()
