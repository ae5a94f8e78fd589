"""What became of an event, beside why it went where it went."""

from collections.abc import Sequence

from gateway.running.acting import Item


def with_what_became(explained: Item, rows: Sequence[Item]) -> Item:
    """The explanation, each delivery with the stored ones that it was."""

    def joined(delivery: Item, finding: Item | None) -> Item:
        mine = [row for row in rows if _is_same(delivery, finding, row)]
        return {**delivery, "became": [_brief(row) for row in mine]}

    return {
        **explained,
        "deliveries": [joined(each, None) for each in explained["deliveries"]],
        "findings": [
            {**finding, "deliveries": [joined(each, finding) for each in finding["deliveries"]]}
            for finding in explained["findings"]
        ],
    }


def _is_same(delivery: Item, finding: Item | None, row: Item) -> bool:
    if row["deliver"] != delivery["deliver"] or row["route"] != delivery["route"]:
        return False
    if delivery["alert_key"] is not None:
        return bool(row["alert_key"] == delivery["alert_key"])
    if finding is None:
        return True
    return (row["finding"], row["package"]) == (finding["id"], finding["package"])


def _brief(row: Item) -> Item:
    names = ("id", "alert", "sink", "status", "reason", "muted_by", "tries", "next_attempt_at")
    return {name: row[name] for name in names}
