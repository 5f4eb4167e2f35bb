from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.catalog import FileRecord
from vectorstore.plan import PresentFile, plan_sync

LOCATIONS = [f"/folder/{name}" for name in "abcdef"]
CONTENTS = ["one", "two", "three", "four"]


@st.composite
def stored(draw):
    """Records of a catalog: each content has one document, and the other files that had it are aliases."""
    held = draw(st.dictionaries(st.sampled_from(LOCATIONS), st.sampled_from(CONTENTS)))
    records, owners = [], {}
    for location in sorted(held):
        name = location.removeprefix("/folder/")
        owner = owners.setdefault(held[location], name)
        records.append(FileRecord(name, "/folder", location, held[location], owner != name, owner))
    return records


def carry_out(records, plan):
    """What the catalog holds after a plan: location -> (identifier, content) of each file, read or known."""
    documents = {record.id: [record.location, record.content_hash] for record in records if not record.is_alias}
    aliases = {record.location: (record.id, record.document) for record in records if record.is_alias}
    for location in plan.forgotten:
        aliases.pop(location, None)
    for identifier in plan.deleted:
        documents.pop(identifier)
    renamed = {move.id: move for move in plan.moves}
    for move in plan.moves:
        aliases.pop(move.location, None)
    moved = {}
    for identifier, (location, content) in documents.items():
        move = renamed.get(identifier)
        key = move.new_id if move else identifier
        assert key not in moved, "two documents under one identifier"
        moved[key] = [move.location if move else location, content]
    aliases = {
        location: (identifier, renamed[owner].new_id if owner in renamed else owner)
        for location, (identifier, owner) in aliases.items()
    }
    for file, identifier, owner in plan.copies:
        aliases[file.location] = (identifier, owner)
    for reading in plan.readings:
        for place in (reading.file, *(file for file, _ in reading.copies)):
            for identifier in [key for key, value in moved.items() if value[0] == place.location]:
                moved.pop(identifier)
        moved.pop(reading.document, None)
        moved[reading.document] = [reading.file.location, reading.file.content_hash]
        for file, identifier in reading.copies:
            aliases[file.location] = (identifier, reading.document)
    files = {location: (identifier, content) for identifier, (location, content) in moved.items()}
    assert len(files) == len(moved), "two documents at one place"
    for location, (identifier, owner) in aliases.items():
        if owner in moved:
            assert location not in files
            files[location] = (identifier, moved[owner][1])
    return files


@settings(max_examples=500, deadline=None)
@given(
    records=stored(), present=st.dictionaries(st.sampled_from(LOCATIONS), st.sampled_from([*CONTENTS, "new", "newer"]))
)
def test_after_a_plan_the_catalog_holds_what_is_there(records, present):
    files = [PresentFile(place, place.removeprefix("/folder/"), "/folder", present[place]) for place in present]
    plan = plan_sync(records, files, lambda location: True, lambda location: True)
    held = carry_out(records, plan)
    assert {location: content for location, (_, content) in held.items()} == present
    identifiers = [identifier for identifier, _ in held.values()]
    assert len(identifiers) == len(set(identifiers))
    # Every file is told of once, and content that is stored and still there is never read again.
    told = [
        *(file.location for file, _ in (*plan.unchanged, *plan.renamed)),
        *(file.location for file, _, _ in plan.copies),
        *(file.location for reading in plan.readings for file in (reading.file, *(copy for copy, _ in reading.copies))),
    ]
    assert sorted(told) == sorted(present)
    known = {record.content_hash for record in records}
    assert not known & {reading.file.content_hash for reading in plan.readings}
    again = plan_sync(
        [
            FileRecord(identifier, "/folder", location, content, False, identifier)
            for location, (identifier, content) in held.items()
            if location == min(place for place, (_, other) in held.items() if other == content)
        ],
        [
            file
            for file in files
            if file.location == min(f.location for f in files if f.content_hash == file.content_hash)
        ],
        lambda location: True,
        lambda location: True,
    )
    assert not (again.moves or again.copies or again.deleted or again.gone or again.readings or again.forgotten)


def test_what_lies_elsewhere_is_left_alone():
    elsewhere = FileRecord("x", "/other", "/other/x", "one", False, "x")
    plan = plan_sync([elsewhere], [], lambda location: location.startswith("/folder"), lambda location: False)
    assert plan == type(plan)()


def test_a_file_that_cannot_be_opened_keeps_its_document():
    record = FileRecord("a", "/folder", "/folder/a", "one", False, "a")
    plan = plan_sync([record], [PresentFile("/folder/a", "a", "/folder", None)], lambda _: True, lambda _: True)
    assert not (plan.deleted or plan.gone or plan.readings)
    assert [identifier for _, identifier in plan.unchanged] == ["a"]
