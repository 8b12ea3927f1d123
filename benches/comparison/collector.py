"""A minimal OpenTelemetry collector: accepts every export, counts it and discards it."""

from __future__ import annotations

from .loopback import Handler, Loopback


class Collector(Loopback):
    def __init__(self):
        self.exports = 0
        collector = self

        class Taking(Handler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                collector.exports += 1
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

        super().__init__(Taking)

    def settings(self, share: float) -> dict[str, str]:
        """The settings with which a server exports this share of its traces."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.url,
            "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
            "OTEL_TRACES_SAMPLER_ARG": str(share),
        }
