from dataclasses import replace
from datetime import UTC, datetime

from gateway.alerting.single import notice_of
from gateway.model.event import Event
from gateway.model.finding import Finding
from gateway.pipeline.compose import compose
from gateway.pipeline.parts import Parts


def test_a_try_is_repeated_under_its_identity_after_the_instance_got_another_name(
    parts: Parts,
) -> None:
    finding = Finding(id="SNYK-1", change="new", package="left-pad", severity="high")
    event = Event(
        id="evt_1",
        source="snyk",
        type="project_snapshot",
        version="v0",
        received_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        findings=(finding,),
    )
    notice = notice_of(
        event, deliver="findings", key="k", route="root", sink="chat", labels={}, finding=finding
    )

    made = [
        compose(each, notice, each.sinks["chat"], timestamp=1).message.identity
        for each in (parts, replace(parts, instance="staging"))
    ]

    assert made[0] == made[1]
