"""How runs get to the server when it is slow, broken, away or choosy; and what leaving the program costs."""

import logging
import os
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
from pathlib import Path

from cairn_tracer import AgentTracer
from tests.recording_server import RecordingServer

ROOT = Path(__file__).resolve().parent.parent


def run_python(code, *args, timeout=30):
    """Runs a program that uses the SDK."""
    return subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(code), *args],
        cwd=ROOT, capture_output=True, text=True, timeout=timeout,
    )


class DeliveryCase(unittest.TestCase):
    def setUp(self):
        self.server = RecordingServer()
        self.addCleanup(self.server.__exit__)
        logging.getLogger("cairn_tracer").setLevel(logging.CRITICAL)
        self.addCleanup(logging.getLogger("cairn_tracer").setLevel, logging.NOTSET)

    def make(self, **settings):
        settings.setdefault("flush_interval", 0.01)
        tracer = AgentTracer("helper", "1.0.0", api_url=self.server.url, **settings)
        self.addCleanup(tracer.close, 0)
        return tracer

    def record(self, tracer, count=1, **metadata):
        ids = []
        for _ in range(count):
            with tracer.start_run() as run:
                with run.step("tool", "work") as step:
                    step.add_metadata(metadata)
            ids.append(run.run_id)
        return ids


class Batches(DeliveryCase):
    def test_many_runs_share_a_packed_request(self):
        tracer = self.make(flush_interval=60, batch_size=50)
        ids = self.record(tracer, 120)
        self.assertTrue(tracer.flush(20))
        self.assertEqual(set(self.server.runs), set(ids))
        self.assertEqual({each["path"] for each in self.server.requests}, {"/v1/runs/batch"})
        self.assertLessEqual(len(self.server.requests), 4)
        self.assertTrue(all(each["packed"] for each in self.server.requests))

    def test_a_server_without_batches_gets_whole_runs(self):
        self.server.mode = "original"
        tracer = self.make(flush_interval=60)
        ids = self.record(tracer, 5)
        self.assertTrue(tracer.flush(20))
        self.assertEqual(set(self.server.runs), set(ids))

    def test_a_run_that_is_found_unfit_goes_again_without_its_metadata(self):
        self.server.mode = "422"
        tracer = self.make(flush_interval=60)
        bad, = self.record(tracer, note="kept nowhere")
        good, = self.record(tracer)
        self.assertTrue(tracer.flush(20))
        self.assertEqual(set(self.server.runs), {bad, good})
        self.assertEqual(self.server.runs[bad]["steps"][0]["metadata"], {})
        self.assertEqual((tracer.stats["reduced"], tracer.stats["sent"], tracer.stats["refused"]), (1, 2, 0))

    def test_a_conflict_is_counted_as_refused_and_not_tried_again(self):
        tracer = self.make()
        with tracer.start_run() as run:
            pass
        self.assertTrue(tracer.flush(20))
        with tracer.start_run() as other:
            other._header["run_id"] = run.run_id
        self.assertTrue(tracer.flush(20))
        self.assertEqual((tracer.stats["sent"], tracer.stats["refused"]), (1, 1))
        self.assertEqual(len(self.server.requests), 2)


class Trouble(DeliveryCase):
    def test_tries_again_until_the_server_answers(self):
        for trouble in ("500", "503", "429", "401", "cut"):
            with self.subTest(trouble):
                self.server.mode = trouble
                tracer = self.make()
                before = len(self.server.requests)
                run_id, = self.record(tracer)
                self.server.wait_for(lambda: len(self.server.requests) > before)
                self.server.mode = "ok"
                self.assertTrue(tracer.flush(20))
                self.assertIn(run_id, self.server.runs)
                self.assertGreaterEqual(tracer.stats["retries"], 1)
                tracer.close()

    def test_nothing_listens_then_somebody_does(self):
        gone = RecordingServer()
        port = gone._http.server_address[1]
        gone.__exit__()
        tracer = AgentTracer("helper", "1", api_url="http://127.0.0.1:%d" % port, flush_interval=0)
        self.record(tracer)
        self.assertFalse(tracer.flush(0.2))
        self.assertEqual(tracer.stats["waiting"], 1)
        self.assertFalse(tracer.close(0.1))
        self.assertEqual(tracer.stats["dropped"], 1)

    def test_honours_retry_after(self):
        self.server.mode, self.server.retry_after = "429", 2
        tracer = self.make()
        self.record(tracer)
        self.server.wait_for(lambda: len(self.server.requests) == 1)
        self.server.mode = "ok"
        self.assertFalse(tracer.flush(0.5))
        self.assertTrue(tracer.flush(20))
        first, second = [each["at"] for each in self.server.requests]
        self.assertGreaterEqual(second - first, 1.9)

    def test_an_address_that_is_none_does_not_raise(self):
        for address in ("", "no such thing", "http://[", "ftp://x", None):
            tracer = AgentTracer("a", "1", api_url=address)
            self.record(tracer)
            self.assertFalse(tracer.close(0.1))

    def test_what_does_not_fit_is_counted_and_logged_once(self):
        self.server.mode = "hang"
        logging.getLogger("cairn_tracer").setLevel(logging.WARNING)
        tracer = self.make(max_queue_runs=3)
        with self.assertLogs("cairn_tracer", "WARNING") as logs:
            self.record(tracer, 10)
        self.assertEqual(len([each for each in logs.output if "dropped" in each]), 1)
        self.assertEqual((tracer.stats["dropped"], tracer.stats["waiting"]), (7, 3))

    def test_bytes_are_bounded_too(self):
        self.server.mode = "hang"
        tracer = self.make(max_queue_bytes=3_500)
        self.record(tracer, 3, note="x" * 2_000)
        self.assertEqual((tracer.stats["dropped"], tracer.stats["waiting"]), (1, 2))

    def test_the_agent_does_not_wait_for_a_hanging_server(self):
        self.server.mode = "hang"
        tracer = self.make()
        start = time.monotonic()
        self.record(tracer, 200)
        self.assertLess(time.monotonic() - start, 1.0)


class Exit(DeliveryCase):
    PROGRAM = """
        import sys
        from agenttrace import AgentTracer
        tracers = [AgentTracer("a", "1", api_url=sys.argv[1], exit_timeout=float(sys.argv[2])) for _ in range(3)]
        for tracer in tracers:
            with tracer.start_run() as run:
                with run.step("plan", "x"):
                    pass
    """

    def test_leaving_delivers_without_close(self):
        done = run_python(self.PROGRAM, self.server.url, "10")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.server.runs), 3)

    def test_leaving_waits_no_longer_than_stated_for_all_tracers_together(self):
        self.server.mode = "hang"
        # What is registered first runs last.
        measured = (
            "import atexit, time\n"
            "atexit.register(lambda: print(time.monotonic() - ended))\n"
            + textwrap.dedent(self.PROGRAM)
            + "ended = time.monotonic()\n"
        )
        done = run_python(measured, self.server.url, "1.0")
        self.assertEqual(done.returncode, 0, done.stderr)
        held = float(done.stdout)
        self.assertGreater(held, 0.9)
        self.assertLess(held, 1.9)
        self.assertIn("lost", done.stderr)

    def test_close_and_flush_wait_no_longer_than_told(self):
        self.server.mode = "hang"
        tracer = self.make()
        self.record(tracer)
        start = time.monotonic()
        self.assertFalse(tracer.flush(0.2))
        self.assertFalse(tracer.close(0.2))
        self.assertLess(time.monotonic() - start, 1.5)


@unittest.skipUnless(hasattr(os, "fork"), "needs fork")
class Fork(DeliveryCase):
    def test_a_forked_child_reports_its_own_runs_and_not_the_parents(self):
        program = """
            import os, sys, warnings
            warnings.simplefilter("ignore")
            from agenttrace import AgentTracer
            tracer = AgentTracer("a", "1", api_url=sys.argv[1], flush_interval=0.5, exit_timeout=10)
            with tracer.start_run() as before:
                pass
            with tracer.start_run() as around:
                child = os.fork()
                if child == 0:
                    with tracer.start_run() as inside:
                        pass
                    print("child", inside.run_id, flush=True)
                    sys.exit(0)
                os.waitpid(child, 0)
            print("parent", before.run_id, flush=True)
            print("parent", around.run_id, flush=True)
        """
        for arguments in ([], ["spool"]):
            with tempfile.TemporaryDirectory() as folder:
                code = program.replace("exit_timeout=10", "exit_timeout=10, spool_dir=%r" % folder) if arguments else program
                done = run_python(code, self.server.url)
                self.assertEqual(done.returncode, 0, done.stderr)
                ids = [line.split()[1] for line in done.stdout.splitlines()]
                self.assertEqual(len(ids), 3)
                self.assertLessEqual(set(ids), set(self.server.runs))
                self.assertEqual((self.server.repeats, self.server.conflicts), ([], []))
                self.assertEqual(os.listdir(folder), [])

    def test_workers_of_multiprocessing_deliver_before_they_leave(self):
        program = """
            import multiprocessing, sys, warnings
            warnings.simplefilter("ignore")
            from agenttrace import AgentTracer
            tracer = AgentTracer("a", "1", api_url=sys.argv[1], flush_interval=5, exit_timeout=10)
            def work(_):
                with tracer.start_run() as run:
                    pass
            with tracer.start_run():
                pass
            context = multiprocessing.get_context("fork")
            workers = [context.Process(target=work, args=(each,)) for each in range(2)]
            for each in workers: each.start()
            for each in workers: each.join()
        """
        done = run_python(program, self.server.url)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.server.runs), 3)


if __name__ == "__main__":
    unittest.main()
