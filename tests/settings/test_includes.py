from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.settings.document import Document, read
from gateway.settings.reading import Reading


def document(folder: Path, files: Mapping[str, str], environ: Mapping[str, str]) -> Document:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return read(folder, Reading(folder=folder), environ, offline=False)


def told(folder: Path, found: Document) -> list[str]:
    return [str(problem).replace(f"{folder}/", "") for problem in found.problems]


def test_routes_of_a_file_take_the_place_of_the_entry(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route:\n  routes:\n"
            "    - name: a\n    - include: routes/b.yaml\n    - name: d\n",
            "routes/b.yaml": "- name: b\n- name: c\n",
        },
        {},
    )

    assert found.problems == []
    assert [each["name"] for each in found.value("route")["routes"]] == ["a", "b", "c", "d"]


def test_file_may_be_taken_in_below_another_route_and_from_another_file(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route: {routes: [{name: a, routes: [{include: routes/b.yaml}]}]}\n",
            "routes/b.yaml": "[{include: routes/c.yaml}, {name: b, routes: [{include: d/d.yaml}]}]",
            "routes/c.yaml": "[{name: c}]\n",
            "d/d.yaml": "[]\n",
        },
        {},
    )

    assert found.problems == []
    assert found.value("route")["routes"] == [
        {"name": "a", "routes": [{"name": "c"}, {"name": "b", "routes": []}]}
    ]


def test_variables_are_filled_in_once_in_the_file_and_in_its_name(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route: {routes: [{include: 'routes/${TEAM}.yaml'}]}\n",
            "routes/pay.yaml": "- {name: &n '${TEAM}', template: *n, sinks: ['${ODD}']}\n",
        },
        {"TEAM": "pay", "ODD": "$${TEAM}"},
    )

    assert found.problems == []
    assert found.value("route")["routes"] == [
        {"name": "pay", "template": "pay", "sinks": ["$${TEAM}"]}
    ]


def test_problem_in_an_included_route_has_its_own_file_and_the_path_of_the_whole(
    tmp_path: Path,
) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route:\n  routes:\n"
            "    - include: routes/a.yaml\n    - include: routes/b.yaml\n    - {name: c}\n",
            "routes/a.yaml": "[{name: a}, {name: aa}]",
            "routes/b.yaml": "- name: b\n  sinks: [x,\n    y]\n",
        },
        {},
    )

    inside = found.problem(("route", "routes", 2, "sinks", 1), "wrong")
    missing = found.problem(("route", "routes", 2, "when"), "is missing")
    after = found.problem(("route", "routes", 3, "name"), "wrong", at_key=True)
    assert [str(each).replace(f"{tmp_path}/", "") for each in (inside, missing, after)] == [
        "routes/b.yaml:3:5: route.routes[2].sinks[1]: wrong",
        "routes/b.yaml:1:3: route.routes[2].when: is missing",
        "routing.yaml:5:8: route.routes[3].name: wrong",
    ]


def test_what_is_read_before_the_models_has_its_place_too(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route: {routes: [{name: z}, {include: routes/a.yaml}]}\n",
            "routes/a.yaml": "- name: a\n  name: b\n  sinks:\n    - ${MISSING}\n",
        },
        {},
    )

    assert told(tmp_path, found) == [
        "routes/a.yaml:2:3: route.routes[1].name: stands here a second time",
        "routes/a.yaml:4:7: route.routes[1].sinks[0]: the variable MISSING is not set",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("routes/none.yaml", "there is no file routes/none.yaml"),
        ("routes/folder.yaml", "there is no file routes/folder.yaml"),
        ("routes/empty.yaml", "routes/empty.yaml is empty; write a list of routes"),
        ("/etc/a.yaml", "must stay inside the configuration folder: routes/team.yaml"),
        ("routes/../../a.yaml", "must stay inside the configuration folder: routes/team.yaml"),
        ("routes/a.yml", "only *.yaml files are read, hidden ones are not: routes/team.yaml"),
        (".routes/a.yaml", "only *.yaml files are read, hidden ones are not: routes/team.yaml"),
        ("", "only *.yaml files are read, hidden ones are not: routes/team.yaml"),
        (
            "./more.yaml",
            "would be read as configuration too; move it into a sub-folder: routes/more.yaml",
        ),
        ("routes/a\\0.yaml", "there is no file routes/a\0.yaml"),
    ],
)
def test_file_that_cannot_be_taken_in_is_a_problem_where_it_is_asked_for(
    tmp_path: Path, name: str, text: str
) -> None:
    (tmp_path / "routes" / "folder.yaml").mkdir(parents=True)
    found = document(
        tmp_path,
        {
            "routing.yaml": f'route:\n  routes:\n    - include: "{name}"\n    - name: b\n',
            "routes/empty.yaml": "# nothing\n",
        },
        {},
    )

    assert told(tmp_path, found) == [f"routing.yaml:3:16: route.routes[0].include: {text}"]
    assert found.value("route")["routes"] == [{"name": "b"}]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("name: a\n", "1:1: route.routes[0]: not a list"),
        (
            "- [1,\n",
            "2:1: route.routes[0]: not YAML: while parsing a flow node",
        ),
    ],
)
def test_file_that_holds_no_list_is_a_problem_in_the_file(
    tmp_path: Path, content: str, text: str
) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route: {routes: [{include: routes/a.yaml}]}\n",
            "routes/a.yaml": content,
        },
        {},
    )

    (problem,) = told(tmp_path, found)
    assert problem.startswith(f"routes/a.yaml:{text}")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            "{include: routes/a.yaml, sinks: [x]}",
            "1:43: route.routes[0].sinks: cannot stand beside include",
        ),
        (
            "{include: routes/a.yaml, include: routes/a.yaml}",
            "1:43: route.routes[0].include: cannot stand beside include",
        ),
        (
            "{include: [a]}",
            "1:28: route.routes[0].include: a file is expected here: routes/team.yaml",
        ),
    ],
)
def test_entry_that_is_more_than_a_file_is_a_problem(tmp_path: Path, entry: str, text: str) -> None:
    found = document(
        tmp_path,
        {"routing.yaml": f"route: {{routes: [{entry}]}}\n", "routes/a.yaml": "[{name: a}]"},
        {},
    )

    assert told(tmp_path, found) == [f"routing.yaml:{text}"]


def test_file_that_includes_itself_is_a_problem_where_it_comes_round(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route: {routes: [{include: routes/a.yaml}]}\n",
            "routes/a.yaml": "- include: routes/b.yaml\n",
            "routes/b.yaml": "- name: b\n- include: ./routes/a.yaml\n",
        },
        {},
    )

    (problem,) = told(tmp_path, found)
    where, _, chain = problem.partition(": includes itself: ")
    assert where == "routes/b.yaml:2:12: route.routes[1].include"
    assert chain == "routes/a.yaml → routes/b.yaml → routes/a.yaml"


def test_includes_are_nested_ten_deep_at_most(tmp_path: Path) -> None:
    files = {f"routes/{at}.yaml": f"[{{include: routes/{at + 1}.yaml}}]" for at in range(12)}
    found = document(
        tmp_path, {**files, "routing.yaml": "route: {routes: [{include: routes/0.yaml}]}\n"}, {}
    )

    assert told(tmp_path, found) == [
        "routes/9.yaml:1:12: route.routes[0].include: includes are nested more than 10 deep"
    ]


def test_a_thousand_files_are_included_at_most(tmp_path: Path) -> None:
    twice = "[{include: routes/%d.yaml}, {include: routes/%d.yaml}]"
    files = {f"routes/{depth}.yaml": twice % (depth + 1, depth + 1) for depth in range(9)}
    found = document(
        tmp_path,
        {
            **files,
            "routes/9.yaml": "[]",
            "routing.yaml": "route: {routes: [{include: routes/0.yaml}]}\n",
        },
        {},
    )

    assert "more than 1000 files are included" in told(tmp_path, found)[0]


def test_list_that_an_alias_leads_back_to_is_expanded_once(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        {
            "routing.yaml": "route:\n  routes: &all\n"
            "    - include: routes/a.yaml\n    - {name: b, routes: *all}\n",
            "routes/a.yaml": "[{name: a}]",
        },
        {},
    )

    assert found.problems == []
    assert [each["name"] for each in found.value("route")["routes"]] == ["a", "b"]


def test_only_routes_of_the_section_route_are_expanded(tmp_path: Path) -> None:
    found = document(
        tmp_path, {"gateway.yaml": "tables: {t: {routes: [{include: routes/none.yaml}]}}\n"}, {}
    )

    assert found.problems == []


def test_beside_a_single_file_the_included_ones_count_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "routes").mkdir()
    (tmp_path / "routes" / "a.yaml").write_text("[{name: a}]")
    file = tmp_path / "all.yaml"
    file.write_text("route: {routes: [{include: routes/a.yaml}]}\n")

    found = read(file, Reading(folder=Path("/elsewhere")), {}, offline=False)

    assert (found.problems, found.value("route")["routes"]) == ([], [{"name": "a"}])
