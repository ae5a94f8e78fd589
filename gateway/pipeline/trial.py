"""One test notice through a real sink."""

from gateway.clock import Clock
from gateway.errors import GatewayError
from gateway.model.alert import Alert, Entry
from gateway.model.delivery import Told
from gateway.model.event import Event, Org, Project
from gateway.model.exchange import Outcome
from gateway.model.finding import Finding
from gateway.model.identity import alert_key, new_id
from gateway.model.notice import Notice
from gateway.pipeline.attempt import Transport, exchange, outcome_of
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts
from gateway.sinks.sink import Sink


async def trial(parts: Parts, sink: Sink, transport: Transport, *, clock: Clock) -> Outcome:
    """What the sink answers to a notice that says it is a test."""
    now = clock.now()
    event = Event(
        id=new_id("evt", now),
        source="gateway",
        type="project_snapshot",
        version="v0",
        received_at=now,
        project=Project(id="test", name="snyk-gateway test"),
        org=Org(id="test", slug="test", name="snyk-gateway"),
    )
    finding = Finding(
        id="SNYK-GATEWAY-TEST",
        type="vuln",
        title="Test notice: the gateway reaches this sink. Nothing is wrong.",
        severity="low",
        package="snyk-gateway",
    )
    entry = Entry(key="test", finding=finding, event=event, opened=1)
    alert = Alert(
        id=new_id("alr", now),
        key=alert_key(parts.instance, "test", (event.id,)),
        route="root",
        group=(event.id,),
        sinks=(sink.name,),
        status="open",
        revision=1,
        opened_at=now,
        resolved_at=None,
        event=event,
        entries=(entry,),
    )
    notice = Notice(action="create", alert=alert, revision=1, open=(entry,), new=(entry,), fixed=())
    try:
        composed = compose(parts, notice, sink, timestamp=int(now.timestamp()))
        return await exchange(sink, composed.message, Told(), transport.send, clock=clock)
    except GatewayError as error:
        return outcome_of(error)
