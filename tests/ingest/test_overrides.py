import pytest

from ingest.document import Document, Fact, Field, Page
from ingest.overrides import OverridesError, apply_facts, read_overrides


@pytest.fixture
def stated(tmp_path):
    """Facts stated about a file, as field -> value."""

    def read(relative, **files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").removesuffix("root") / "documents.toml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        file = tmp_path / relative
        facts = read_overrides(tmp_path, [file]).facts_for(file)
        assert all(fact.origin == "override" and fact.start is None for fact in facts)
        return {fact.field.value: fact.value for fact in facts}

    return read


def test_without_a_file_nothing_is_stated(tmp_path):
    assert read_overrides(tmp_path, [tmp_path / "a.pdf"]).facts_for(tmp_path / "a.pdf") == ()


def test_every_field_can_be_stated(stated):
    lines = dict.fromkeys(Field, '"text"')
    lines |= {Field.PERIOD: '"2021-2027"', Field.LANGUAGE: '"sv"', Field.ADOPTED_ON: "2021-03-29"}
    lines |= {Field.REVISED_ON: '"2022-05"', Field.VALID_UNTIL: "2027"}
    text = '["a.pdf"]\n' + "\n".join(f"{field.value} = {value}" for field, value in lines.items())
    found = stated("a.pdf", root=text)
    assert set(found) == {field.value for field in Field}
    assert found["adopted_on"] == "2021-03-29"
    assert found["valid_until"] == "2027"


@pytest.mark.parametrize(
    ("pattern", "relative", "matches"),
    [
        ("a.pdf", "a.pdf", True),
        ("a.pdf", "sub/a.pdf", True),
        ("*.pdf", "sub/a.pdf", True),
        ("*.pdf", "a.html", False),
        ("sub/*.pdf", "sub/a.pdf", True),
        ("sub/*.pdf", "a.pdf", False),
        ("./sub/a.pdf", "sub/a.pdf", True),
        ("årsrapport.pdf", "a\u030arsrapport.pdf", True),
        ("rapport [slutlig].pdf", "rapport [slutlig].pdf", True),
        ("A.pdf", "a.pdf", False),
    ],
)
def test_patterns(stated, pattern, relative, matches):
    found = stated(relative, root=f'["{pattern}"]\ntitle = "T"\n')
    assert (found == {"title": "T"}) is matches


def test_later_sections_and_nearer_files_go_first(stated):
    root = '["*"]\norganisation = "Staden"\ntitle = "Alla"\n["a.pdf"]\ntitle = "Just den"\n'
    assert stated("a.pdf", root=root) == {"organisation": "Staden", "title": "Just den"}
    assert stated("b.pdf", root=root) == {"organisation": "Staden", "title": "Alla"}
    nearer = '["*"]\norganisation = "Regionen"\n'
    assert stated("sub/a.pdf", root=root, sub=nearer) == {"organisation": "Regionen", "title": "Just den"}
    assert stated("a.pdf", root=root, sub=nearer)["organisation"] == "Staden"


def test_a_byte_order_mark_does_no_harm(stated):
    assert stated("a.pdf", root='\ufeff["a.pdf"]\ntitle = "T"\n') == {"title": "T"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('["a.pdf"]\norganization = "X"\n', ["a.pdf", "organization", "Did you mean organisation"]),
        ('["a.pdf"]\n"färg" = "blå"\n', ["a.pdf", "färg", "Known are title"]),
        ('title = "X"\n', ["title stands outside"]),
        ('[a.pdf]\ntitle = "X"\n', ["[a]", "in quotes", '["a.pdf"]']),
        ('["a.pdf"]\ntitle = ["X"]\n', ["title", "text in quotes"]),
        ('["a.pdf"]\ntitle = true\n', ["title", "text in quotes"]),
        ('["a.pdf"]\nperiod = "nyligen"\n', ["period", "2021-2027", "nyligen"]),
        ('["a.pdf"]\nadopted_on = "29 mars 2021"\n', ["adopted_on", "2021-03-29"]),
        ('["a.pdf"]\nlanguage = "svenska"\n', ["language", "sv"]),
        ('["a.pdf"\n', ["cannot be read"]),
        ('["a.pdf"]\ntitle = "X"\ntitle = "Y"\n', ["cannot be read"]),
    ],
)
def test_mistakes_are_named_with_file_section_and_key(tmp_path, text, told):
    path = tmp_path / "documents.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(OverridesError) as raised:
        read_overrides(tmp_path, [])
    assert all(part in str(raised.value) for part in (str(path), *told))


def test_a_file_that_is_no_text_is_named(tmp_path):
    (tmp_path / "documents.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(OverridesError, match=r"documents\.toml"):
        read_overrides(tmp_path, [])


def test_sections_about_no_file_are_found(tmp_path):
    (tmp_path / "documents.toml").write_text('["a.pdf"]\ntitle = "A"\n["b.pdf"]\ntitle = "B"\n')
    overrides = read_overrides(tmp_path, [])
    assert overrides.unused([tmp_path / "a.pdf"]) == [(tmp_path / "documents.toml", "b.pdf")]


def test_files_above_the_ingested_folder_are_not_read(tmp_path):
    (tmp_path / "documents.toml").write_text('["*"]\ntitle = "Above"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    assert read_overrides(inner, [inner / "a.pdf"]).facts_for(inner / "a.pdf") == ()


def test_stated_facts_replace_read_ones_in_the_order_of_fields():
    read = (Fact(Field.TITLE, "Utkast", 0, 6), Fact(Field.PERIOD, "2020", 7, 11))
    document = Document("a", "text", "h", "Utkast 2020", (Page(1, 0, 11),), (), read)
    told = (Fact(Field.ORGANISATION, "Staden", origin="override"), Fact(Field.PERIOD, "", origin="override"))
    assert apply_facts(document, ()) is document
    changed = apply_facts(document, told)
    assert changed.facts == (Fact(Field.TITLE, "Utkast", 0, 6), Fact(Field.ORGANISATION, "Staden", origin="override"))
