from datetime import timedelta
from typing import Any

import pytest

from gateway.errors import Misused, NotFound, SettingsError
from gateway.model.breaker import FIRST_WAIT
from gateway.store import listing, orphans
from tests.pipeline.conftest import NOON
from tests.running.conftest import Rig

DAY = timedelta(days=1)
SAID = {
    "matchers": ["severity = critical"],
    "until": (NOON + DAY).isoformat(),
    "owner": "ops",
    "reason": "being moved",
}


async def test_a_silence_mutes_what_waits_and_its_end_lets_it_go(rig: Rig) -> None:
    acts = rig.acts()
    await rig.came()

    silence = await acts.add_silence(SAID)
    muted = await rig.judged()
    ended = await acts.expire_silence(silence["id"])

    assert (silence["status"], muted) == ("active", ["muted"])
    assert ended is not None
    assert (ended["status"], await rig.judged()) == ("expired", ["pending"])
    assert rig.woken == 2


@pytest.mark.parametrize(
    "changed",
    [
        {"until": NOON.isoformat()},
        {"matchers": []},
        {"matchers": ["severty = low"]},
        {"reason": ""},
        {"from": (NOON + 2 * DAY).isoformat()},
        {"unheard": "of"},
    ],
)
async def test_a_silence_that_makes_no_sense_is_refused(rig: Rig, changed: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        await rig.acts().add_silence({**SAID, **changed})

    assert (await rig.reads().silences(limit=10)).items == []


async def test_a_silence_of_the_configuration_ends_there(rig: Rig) -> None:
    rig.files.write(silences=[SAID])
    rig.in_force.parts = rig.files.load()
    (configured,) = rig.in_force.parts.silences

    with pytest.raises(Misused, match="take it out there"):
        await rig.acts().expire_silence(configured.id)


async def test_an_unknown_silence_ends_nothing(rig: Rig) -> None:
    assert await rig.acts().expire_silence("sil_unknown") is None


async def test_a_replay_tells_what_the_rules_of_then_dropped_and_no_more(rig: Rig) -> None:
    await rig.came(number=1)
    rig.files.write(route={"sinks": [], "group_by": ["finding"]})
    rig.in_force.parts = rig.files.load()
    missed = await rig.came(number=2)
    rig.files.write()
    rig.in_force.parts = rig.files.load()
    before = await rig.judged()

    dry = await rig.acts().replay([], since=NOON, dry_run=True)
    unchanged = await rig.judged()
    real = await rig.acts().replay([], since=NOON, dry_run=False)

    assert (dry["events"], real["events"]) == (2, 2)
    assert (before, unchanged) == (["pending"], ["pending"])
    assert await rig.judged() == ["pending", "pending"]
    told = await rig.listed(listing.deliveries)
    assert missed in {each["event"] for each in told}


async def test_a_replay_opens_nothing_that_was_resolved_by_hand_since(rig: Rig) -> None:
    event_id = await rig.came()
    (alert,) = await rig.listed(listing.alerts)
    rig.clock.at += DAY
    await rig.acts().resolve([alert["id"]], project=None, dry_run=False)

    await rig.acts().replay([event_id], since=None, dry_run=False)
    await rig.dispatched()

    assert [each["status"] for each in await rig.listed(listing.alerts)] == ["resolved"]


async def test_single_events_are_replayed_by_their_ids(rig: Rig) -> None:
    first, _ = await rig.came(number=1), await rig.came(number=2)

    assert (await rig.acts().replay([first], since=None, dry_run=False))["events"] == 1


async def test_an_id_that_is_unknown_keeps_everything_as_it_was(rig: Rig) -> None:
    event = await rig.came()
    (alert,) = await rig.listed(listing.alerts)
    (delivery,) = await rig.listed(listing.deliveries)
    acts = rig.acts()

    for act, known in (
        (acts.replay([event, "evt_0"], since=None, dry_run=False), "evt_0"),
        (acts.resolve([alert["id"], "alr_0"], project=None, dry_run=False), "alr_0"),
        (acts.cancel([delivery["id"], "dlv_0"], wanted=None, dry_run=False), "dlv_0"),
        (acts.retry([delivery["id"], "dlv_0"], wanted=None, dry_run=False), "dlv_0"),
    ):
        with pytest.raises(NotFound, match=f"there is no {known}$"):
            await act

    assert rig.woken == 0
    assert [each["status"] for each in await rig.listed(listing.alerts)] == ["open"]
    assert await rig.judged() == ["pending"]


async def test_an_alert_is_resolved_by_hand(rig: Rig) -> None:
    await rig.came()
    (alert,) = await rig.listed(listing.alerts)

    dry = await rig.acts().resolve([alert["id"]], project=None, dry_run=True)
    (after_dry,) = await rig.listed(listing.alerts)
    real = await rig.acts().resolve([alert["id"]], project=None, dry_run=False)
    (after,) = await rig.listed(listing.alerts)

    assert (dry["ids"], real["ids"]) == ([alert["id"]], [alert["id"]])
    assert (after_dry["status"], after["status"]) == ("open", "resolved")
    assert after["ended"] == "by_hand"


async def test_the_alerts_of_one_project_are_resolved_and_no_others(rig: Rig) -> None:
    for number in (1, 2):
        await rig.came(number=number)
    (second, first) = await rig.listed(listing.alerts)

    by_name = await rig.acts().resolve([], project=first["project"]["name"], dry_run=False)
    by_id = await rig.acts().resolve([], project=second["project"]["id"], dry_run=True)
    by_nothing = await rig.acts().resolve([], project="acme/unknown", dry_run=False)

    assert (by_name["ids"], by_id["ids"]) == ([first["id"]], [second["id"]])
    assert by_nothing["alerts"] == 0


async def test_many_alerts_are_resolved_a_few_at_a_time(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.running.event_acts._TOGETHER", 2)
    for number in range(5):
        await rig.came(number=number)
    ids = [each["id"] for each in await rig.listed(listing.alerts)]

    done = await rig.acts().resolve(ids, project=None, dry_run=False)

    assert (done["alerts"], sorted(done["ids"])) == (5, sorted(ids))
    assert {each["status"] for each in await rig.listed(listing.alerts)} == {"resolved"}


async def test_of_an_alert_over_several_projects_only_the_part_is_resolved(rig: Rig) -> None:
    rig.files.write(route={"sinks": ["siem"], "group_by": ["org.id"]})
    rig.in_force.parts = rig.files.load()
    for number in (1, 2):
        await rig.came(number=number)
    (alert,) = await rig.listed(listing.alerts)

    await rig.acts().resolve([], project=alert["project"]["name"], dry_run=False)

    whole = await rig.reads().alert(alert["id"])
    assert whole is not None
    assert whole["status"] == "open"
    assert sorted(each["status"] for each in whole["findings"]) == ["fixed", "open"]


async def test_a_paused_sink_says_so_and_one_that_is_unknown_is_none(rig: Rig) -> None:
    await rig.came()

    paused = await rig.acts().pause("siem", paused=True)
    (listed,) = await rig.acts().sinks()
    resumed = await rig.acts().pause("siem", paused=False)

    assert paused == listed
    assert (listed["paused"], listed["pending"]) == (True, 1)
    assert resumed is not None
    assert not resumed["paused"]
    assert await rig.acts().pause("gone", paused=True) is None


async def test_a_sink_that_is_resumed_is_probed_at_once_and_one_that_is_paused_is_not(
    rig: Rig,
) -> None:
    await rig.refused()

    await rig.acts().pause("siem", paused=True)
    paused = await rig.probe_at()
    await rig.acts().pause("siem", paused=False)

    assert (paused, await rig.probe_at()) == (NOON + FIRST_WAIT, NOON)


async def test_what_waits_is_given_up_and_tried_again_by_hand(rig: Rig) -> None:
    await rig.came()
    (delivery,) = await rig.listed(listing.deliveries)
    acts, mine = rig.acts(), {"sink": "siem"}

    dry = await acts.cancel([], wanted=mine, dry_run=True)
    still = await rig.judged()
    real = await acts.cancel([delivery["id"]], wanted=None, dry_run=False)

    assert dry["ids"] == real["ids"] == [delivery["id"]]
    assert (still, await rig.judged()) == (["pending"], ["cancelled"])
    assert (await acts.retry([], wanted=mine, dry_run=False))["deliveries"] == 0


async def test_what_died_is_tried_again(rig: Rig) -> None:
    await rig.came()
    await die(rig)

    chosen = await rig.acts().retry([], wanted={"sink": "siem"}, dry_run=False)

    assert (chosen["deliveries"], await rig.judged()) == (1, ["pending"])


async def die(rig: Rig) -> None:
    """The only delivery is given up."""
    far = rig.clock.at + timedelta(days=2)
    for _ in range(2):  # it waits for its sink first
        await rig.store.write(
            lambda connection: orphans.leave(
                connection, ["other"], oldest=far + timedelta(days=2), now=far
            )
        )


async def test_a_stored_event_is_explained_with_its_deliveries(rig: Rig) -> None:
    event = await rig.came()
    (delivery,) = await rig.listed(listing.deliveries)

    explained = await rig.acts().explain(event)

    assert explained is not None
    ((only,),) = (each["deliveries"] for each in explained["findings"])
    assert only["route"] == "root"
    assert [(each["id"], each["status"]) for each in only["became"]] == [
        (delivery["id"], "pending")
    ]
    assert await rig.acts().explain("evt_unknown") is None


async def test_a_silence_of_run_time_is_part_of_the_explanation(rig: Rig) -> None:
    silence = await rig.acts().add_silence(SAID)
    event = await rig.came()

    explained = await rig.acts().explain(event)

    assert explained is not None
    ((only,),) = (each["deliveries"] for each in explained["findings"])
    assert silence["id"] in only["muted_by"]


async def test_a_finding_by_itself_is_explained_with_its_own_delivery_alone(rig: Rig) -> None:
    rig.files.write(route={"sinks": ["siem"], "deliver": "findings"})
    rig.in_force.parts = rig.files.load()
    event = await rig.came("new-mixed")

    explained = await rig.acts().explain(event)

    assert explained is not None
    became = [
        [each["id"] for each in delivery["became"]]
        for finding in explained["findings"]
        for delivery in finding["deliveries"]
        if finding["change"] == "new"
    ]
    assert [len(each) for each in became] == [1] * len(became)
    assert len({each[0] for each in became}) == len(became) > 1


async def test_an_event_that_goes_out_whole_is_explained_with_that(rig: Rig) -> None:
    rig.files.write(route={"sinks": ["siem"], "deliver": "events"})
    rig.in_force.parts = rig.files.load()
    event = await rig.came()

    explained = await rig.acts().explain(event)

    assert explained is not None
    (only,) = explained["deliveries"]
    assert [each["sink"] for each in only["became"]] == ["siem"]


async def test_the_tree_is_listed_in_file_order(rig: Rig) -> None:
    routes = [{"name": "a", "matchers": ["severity = low"]}, {"name": "b"}]
    rig.files.write(route={"sinks": ["siem"], "routes": routes})
    rig.in_force.parts = rig.files.load()

    assert [each["name"] for each in await rig.acts().routes()] == ["root", "a", "b"]


async def test_it_says_which_configuration_is_in_force(rig: Rig) -> None:
    config = await rig.acts().config()

    assert (config["source"], config["error"], config["problems"]) == ("files", None, [])
