"""The public side: webhooks and health, nothing else."""

from aiohttp import hdrs, web

from gateway import logs
from gateway.clock import Clock
from gateway.metrics import Metrics
from gateway.pipeline.parts import InForce
from gateway.settings.listeners import Server
from gateway.sources.source import Source
from gateway.web.accepting import AcceptEvent
from gateway.web.answer import answer, finish, problems
from gateway.web.body import ask_later, read_body, refuse_encoded, refuse_large
from gateway.web.client import client_of, within
from gateway.web.health import Ready, add_health
from gateway.web.inflight import Inflight
from gateway.web.limits import Limits

QUIET_SECONDS = 60.0
"""A source's refused signatures are logged once in this time; the metric counts each."""


def public_app(
    *,
    in_force: InForce,
    accept: AcceptEvent,
    ready: Ready,
    metrics: Metrics,
    clock: Clock,
    limits: Limits | None = None,
) -> web.Application:
    """The application that takes webhooks."""
    app = web.Application(middlewares=[problems])
    app.on_response_prepare.append(finish)
    webhooks = Webhooks(
        in_force=in_force,
        accept=accept,
        metrics=metrics,
        clock=clock,
        limits=limits or Limits(),
    )
    for path in ("/webhooks/{source}", "/webhooks/{source}/{anything:.*}"):
        app.router.add_post(path, webhooks.receive, expect_handler=ask_later)
    add_health(app, ready)
    return app


class Webhooks:
    """Checks a webhook from the outside in, so that each check costs as little as can be."""

    def __init__(
        self,
        *,
        in_force: InForce,
        accept: AcceptEvent,
        metrics: Metrics,
        clock: Clock,
        limits: Limits,
    ) -> None:
        self._in_force = in_force
        self._accept = accept
        self._metrics = metrics
        self._clock = clock
        self._body_seconds = limits.body_seconds
        self._inflight = Inflight(in_force.parts.server.max_inflight)
        self._quiet_until: dict[str, float] = {}
        self._log = logs.get("web")

    async def receive(self, request: web.Request) -> web.Response:
        """200 after the commit; aiohttp lets it run on when the client hangs up meanwhile."""
        started = self._clock.monotonic()
        parts = self._in_force.parts
        self._admit(request, parts.server)
        source = parts.sources.get(request.match_info["source"])
        if source is None:
            raise web.HTTPNotFound(text="no such source")
        refuse_encoded(request)
        verification = source.verification(request.headers)
        if verification is None:
            raise self._forged(source, request)
        most, announced = parts.server.max_body, request.content_length or 0
        refuse_large(announced, most)
        # Held until the answer: a verified body takes as much memory as any other.
        with self._inflight.share(announced) as share:
            body = await read_body(
                request, verification, share, most=most, seconds=self._body_seconds
            )
            if not verification.holds():
                raise self._forged(source, request)
            accepted = await self._accept(source, body, request.headers)
        self._metrics.accept_seconds.observe(self._clock.monotonic() - started)
        return answer({"event": accepted.event, "status": accepted.status})

    def _admit(self, request: web.Request, server: Server) -> None:
        allowed = server.allow_from
        if not allowed:
            return
        forwarded = request.headers.getall(hdrs.X_FORWARDED_FOR, [])
        client = client_of(request.remote, forwarded, server.trusted_proxies)
        if not within(client, allowed):
            raise web.HTTPForbidden(text="this address may not send webhooks")

    def _forged(self, source: Source, request: web.Request) -> web.HTTPUnauthorized:
        self._metrics.signature_failures.labels(source.name).inc()
        now = self._clock.monotonic()
        if now >= self._quiet_until.get(source.name, now):
            self._quiet_until[source.name] = now + QUIET_SECONDS
            self._log.warning("signature refused", source=source.name, client=request.remote)
        return web.HTTPUnauthorized(text="the signature is missing or wrong")
