"""An OpenTelemetry collector as far as the server sees one: it takes what it is sent and throws it away."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Collector:
    """Listens on loopback until it is stopped."""

    def __init__(self):
        self.exports = 0
        collector = self

        class Taking(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                collector.exports += 1
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def settings(self, share: float) -> dict[str, str]:
        """What makes a server send that share of its traces."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._http.server_port}",
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(share),
        }

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
