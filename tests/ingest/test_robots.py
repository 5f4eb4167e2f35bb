"""RFC 9309, by the examples of the standard and those that readers of it go wrong on."""

import pytest

from ingest.robots import MAX_BYTES, Robots, read_robots

SITE = "https://a.example"


@pytest.mark.parametrize(
    ("rules", "path", "rule"),
    [
        ("Disallow: /internt/", "/internt/plan.html", "Disallow: /internt/"),
        ("Disallow: /internt/", "/internt", None),
        ("Disallow: /", "/plan", "Disallow: /"),
        ("Disallow:", "/plan", None),
        ("Disallow: /plan\nAllow: /plan/2024", "/plan/2024/eu", None),
        ("Allow: /plan/2024\nDisallow: /plan", "/plan/2023", "Disallow: /plan"),
        ("Disallow: /plan\nAllow: /plan", "/plan", None),
        ("Disallow: /plan\nDisallow: /plan/intern", "/plan/intern/a", "Disallow: /plan/intern"),
        ("Disallow: /*.pdf$", "/filer/plan.pdf", "Disallow: /*.pdf$"),
        ("Disallow: /*.pdf$", "/filer/plan.pdf?v=2", None),
        ("Disallow: /*.pdf", "/filer/plan.pdf?v=2", "Disallow: /*.pdf"),
        ("Disallow: /*/utkast/*/bilaga", "/a/utkast/b/c/bilaga-1", "Disallow: /*/utkast/*/bilaga"),
        ("Disallow: /*?", "/plan?sida=2", "Disallow: /*?"),
        ("Disallow: /*?", "/plan", None),
        ("Disallow: /$", "/", "Disallow: /$"),
        ("Disallow: /$", "/plan", None),
        ("Disallow: /å", "/%C3%A5rsredovisning", "Disallow: /å"),
        ("Disallow: /%C3%A5", "/%c3%a5rsredovisning", "Disallow: /%C3%A5"),
        ("Disallow: /Plan", "/plan", None),
        ("Disallow: /plan # inte än", "/plan", "Disallow: /plan"),
        ("disallow : /plan", "/plan", "Disallow: /plan"),
        ("Crawl-delay: 10\nDisallow: /plan", "/plan", "Disallow: /plan"),
    ],
)
def test_the_longest_rule_that_matches_decides(rules, path, rule):
    assert Robots(f"User-agent: *\n{rules}\n").forbidding_rule(SITE + path) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("User-agent: *\nDisallow: /\n\nUser-agent: Utblick\nDisallow: /hemligt\n", None),
        ("User-agent: Utblick\nDisallow: /\n\nUser-agent: *\nAllow: /\n", "Disallow: /"),
        ("User-agent: UTBLICK\nDisallow: /plan\n", "Disallow: /plan"),
        ("User-agent: Annan\nUser-agent: Utblick\nDisallow: /plan\n", "Disallow: /plan"),
        ("User-agent: Annan\nDisallow: /plan/intern\n\nUser-agent: *\nDisallow: /plan\n", "Disallow: /plan"),
        ("User-agent: Utblick\nDisallow: /a\n\nUser-agent: *\nDisallow: /plan\n\n"
         "User-agent: Utblick\nDisallow: /plan/\n", "Disallow: /plan/"),
        ("User-agent: Annan\nDisallow: /\n", None),
        ("Disallow: /\n", None),
        ("", None),
        ("<html><body>Ingen sådan fil</body></html>", None),
    ],
)  # fmt: skip
def test_rules_for_this_program_go_before_those_for_all(text, rule):
    assert Robots(text).forbidding_rule(f"{SITE}/plan/intern") == rule


def test_a_file_is_read_as_utf_8_up_to_its_limit():
    group = b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\xc3\xa5\r\n"
    assert read_robots(group).forbidding_rule(f"{SITE}/%C3%A5r") == "Disallow: /å"
    late = group + b"#" * MAX_BYTES + b"\nDisallow: /plan\n"
    assert read_robots(late).forbidding_rule(f"{SITE}/plan") is None


def test_a_file_of_many_rules_is_quick():
    text = "User-agent: *\n" + "".join(f"Disallow: /*{'a*' * 30}{number}\n" for number in range(3000))
    assert Robots(text).forbidding_rule(f"{SITE}/{'a' * 500}17") == f"Disallow: /*{'a*' * 30}17"
