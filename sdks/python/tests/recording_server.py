"""A real HTTP server whose behaviour a test chooses. It stores runs as Cairn does: once for each run_id."""

import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordingServer:
    """`mode`: ok, 500, 429, 401, 422, hang, cut, original (no batches). May be changed while it runs."""

    def __init__(self, mode="ok"):
        self.mode = mode
        self.retry_after = None
        self.requests = []
        self.runs = {}
        self.repeats = []
        self.conflicts = []
        self.changed = threading.Condition()
        self._released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer._handle(self)

            def log_message(self, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = "http://127.0.0.1:%d" % self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._released.set()
        self._http.shutdown()
        self._http.server_close()

    def wait_for(self, condition, timeout=20):
        """Waits until `condition()` holds; fails the test when it does not."""
        with self.changed:
            if not self.changed.wait_for(condition, timeout):
                raise AssertionError("the server waited in vain; it has %d runs" % len(self.runs))

    def _handle(self, handler):
        raw = handler.rfile.read(int(handler.headers.get("content-length", "0")))
        packed = handler.headers.get("content-encoding") == "gzip"
        body = json.loads(gzip.decompress(raw) if packed else raw)
        seen = {"path": handler.path, "headers": dict(handler.headers), "body": body, "packed": packed}
        with self.changed:
            self.requests.append({**seen, "at": time.monotonic()})
            self.changed.notify_all()
        if self.mode == "hang":
            self._released.wait(60)
        if self.mode in ("hang", "cut"):
            handler.close_connection = True
            handler.connection.close()
            return
        if self.mode in ("500", "429", "401", "503"):
            self._answer(handler, int(self.mode), {"error": "not now"})
        elif handler.path == "/v1/runs/batch" and self.mode != "original":
            self._answer(handler, 200, {"results": [self._store(run) for run in body["runs"]]})
        elif handler.path == "/v1/runs":
            result = self._store(body)
            self._answer(handler, result["status"], result)
        else:
            self._answer(handler, 404, {"detail": "Not Found"})

    def _store(self, run):
        run_id = run["run_id"]
        with self.changed:
            if self.mode == "422" and any(step["metadata"] for step in run["steps"]):
                return {"run_id": run_id, "status": 422, "error": "metadata"}
            if run_id not in self.runs:
                self.runs[run_id] = run
                status = 201
            elif self.runs[run_id] == run:
                self.repeats.append(run_id)
                status = 200
            else:
                self.conflicts.append(run_id)
                status = 409
            self.changed.notify_all()
        return {"run_id": run_id, "status": status}

    def _answer(self, handler, status, body):
        data = json.dumps(body).encode()
        try:
            handler.send_response(status)
            handler.send_header("content-type", "application/json")
            handler.send_header("content-length", str(len(data)))
            if self.retry_after is not None and status in (429, 503):
                handler.send_header("retry-after", str(self.retry_after))
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            pass  # The client was killed meanwhile.
