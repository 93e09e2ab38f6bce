"""Processes that are killed in the middle lose nothing that they had recorded in a spool."""

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

from tests.recording_server import RecordingServer

ROOT = Path(__file__).resolve().parent.parent

WORKER = """
    import sys
    from agenttrace import AgentTracer
    tracer = AgentTracer("a", "1", api_url=sys.argv[1], spool_dir=sys.argv[2], flush_interval=0.01, batch_size=7)
    while True:
        with tracer.start_run() as run:
            print("began", run.run_id, flush=True)
            with run.step("tool", "work") as step:
                step.add_metadata({"n": 1})
            run.record_decision("retry_strategy", "again", "backoff_required", step_id=step.step_id)
        print("ended", run.run_id, flush=True)
"""

OPEN_RUN = """
    import sys, time
    from agenttrace import AgentTracer
    tracer = AgentTracer("a", "1", api_url=sys.argv[1], spool_dir=sys.argv[2])
    with tracer.start_run() as run:
        with run.step("plan", "done"):
            pass
        with run.step("tool", "never ends"):
            print("ended", run.run_id, flush=True)
            time.sleep(60)
"""

SENDER = """
    import logging, sys
    from agenttrace import AgentTracer
    tracer = AgentTracer("b", "1", api_url=sys.argv[1], spool_dir=sys.argv[2], exit_timeout=25)
    print(tracer.close(), tracer.stats)
"""


class KilledProcesses(unittest.TestCase):
    def setUp(self):
        self.server = RecordingServer()
        self.addCleanup(self.server.__exit__)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.spool = folder.name

    def start(self, code):
        return subprocess.Popen(
            [sys.executable, "-B", "-c", textwrap.dedent(code), self.server.url, self.spool],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )

    def kill_after(self, process, ended):
        """Kills with SIGKILL once so many runs have ended; gives the ids of all that had."""
        lines = []
        while sum(line.startswith("ended") for line in lines) < ended:
            line = process.stdout.readline()
            self.assertNotEqual(line, "", "the worker left by itself")
            lines.append(line)
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate(timeout=20)
        # A line that was being printed when the process died may be torn.
        lines += [line for line in rest.splitlines(True) if line.endswith("\n")]
        return {line.split()[1] for line in lines if line.startswith("ended")}

    def send_the_rest(self):
        self.server.mode = "ok"
        out, _ = self.start(SENDER).communicate(timeout=40)
        self.assertTrue(out.startswith("True"), out)

    def test_everything_that_had_ended_arrives_exactly_once(self):
        for mode in ("500", "hang", "cut", "ok"):
            with self.subTest(mode):
                self.server.mode = mode
                ended = self.kill_after(self.start(WORKER), 40)
                self.send_the_rest()
                self.assertLessEqual(ended, set(self.server.runs))
                self.assertEqual(self.server.conflicts, [])
                whole = [self.server.runs[each] for each in ended]
                self.assertEqual({run["status"] for run in whole}, {"success"})
                self.assertTrue(all(len(run["steps"]) == 1 and len(run["decisions"]) == 1 for run in whole))
                self.assertEqual(os.listdir(self.spool), [])

    def test_a_sender_that_is_killed_too_hands_on_the_rest(self):
        self.server.mode = "500"
        ended = self.kill_after(self.start(WORKER), 40)
        ended |= self.kill_after(self.start(WORKER), 5)
        self.server.mode = "ok"
        ended |= self.kill_after(self.start(WORKER), 5)
        self.send_the_rest()
        self.assertLessEqual(ended, set(self.server.runs))
        self.assertEqual(self.server.conflicts, [])
        self.assertEqual(os.listdir(self.spool), [])

    def test_a_run_that_was_not_over_arrives_as_partial_with_its_steps(self):
        run_id, = self.kill_after(self.start(OPEN_RUN), 1)
        self.send_the_rest()
        run = self.server.runs[run_id]
        self.assertEqual(run["status"], "partial")
        self.assertEqual([(each["seq"], each["name"]) for each in run["steps"]], [(0, "done")])
        self.assertEqual(run["failure"]["failure_code"], "process_died")

    def test_the_folder_of_a_living_process_is_left_alone(self):
        self.server.mode = "500"
        worker = self.start(OPEN_RUN)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.stdout.close)
        self.addCleanup(worker.kill)
        worker.stdout.readline()
        self.send_the_rest()
        self.assertEqual(self.server.runs, {})
        self.assertEqual(len(os.listdir(self.spool)), 1)

    def test_a_spool_that_cannot_be_made_is_done_without(self):
        blocked = Path(self.spool, "file")
        blocked.write_text("")
        self.spool = str(blocked)
        out, _ = self.start(SENDER.replace("print(", "tracer.start_run().end(); print(")).communicate(timeout=40)
        self.assertTrue(out.startswith("True"), out)
        self.assertEqual(len(self.server.runs), 1)


if __name__ == "__main__":
    unittest.main()
