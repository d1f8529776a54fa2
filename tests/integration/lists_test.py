"""Lists and references of an integration, in templates: through the real programs."""

import json

import pytest


@pytest.fixture
def render(site):
    """Renders a template with the shelf's books; gives the text and the statistics."""

    def run(template, status=0, **options):
        site.integration("shelf", "shelf", **options)
        path = site.write("mail.txt", template)
        done = site.run("render", "acme", path, "--stats")
        assert done.status == status, done.err
        if status:
            return done.err
        return done.out, json.loads(done.err.splitlines()[-1])

    return run


def titles(text):
    return [int(part.split()[1]) for part in text.split(",") if part]


def price(book):
    return book * 7 % 100


FOREACH = "{foreach %s as $b}{$b.title},{/foreach}"
CHEAP = '$shelf.books|filter:"price":"<":15|orderby:"price"|limit:5'
CHEAPEST = sorted((i for i in range(250) if price(i) < 15), key=lambda i: (price(i), i))


# ---- lists ----


def test_a_list_is_one_query_when_the_remote_can_do_it(render):
    text, stats = render(FOREACH % CHEAP, size=100000)
    assert [price(book) for book in titles(text)] == [0, 0, 0, 0, 0]
    assert stats["lookups"] == 1


@pytest.mark.parametrize("can", ["nothing", "filter", "all"])
def test_what_the_remote_does_not_do_is_done_here(render, can):
    text, _ = render(FOREACH % CHEAP, can=can)
    assert titles(text) == CHEAPEST[:5]


@pytest.mark.parametrize("can", ["nothing", "filter", "all"])
def test_all_pages_are_fetched_when_all_are_needed(render, can):
    text, _ = render(FOREACH % '$shelf.books|orderby:"price":"desc"', can=can)
    assert titles(text) == sorted(range(250), key=lambda i: (-price(i), i))


def test_paging_stops_when_there_is_enough(render):
    text, stats = render(FOREACH % '$shelf.books|filter:"price":7|limit:2', can="nothing",
                         size=100000)
    assert titles(text) == [1, 101]
    assert stats["questions"] == 2  # pages of 100


@pytest.mark.parametrize("can", ["nothing", "all"])
def test_modifiers_work_in_the_order_written(render, can):
    text, _ = render(FOREACH % '$shelf.books|limit:10|filter:"price":">":20', can=can)
    assert titles(text) == [book for book in range(10) if price(book) > 20]


def test_the_last_order_decides_first(render):
    text, _ = render(FOREACH % '$shelf.books|orderby:"id":"desc"|orderby:"price"|limit:3',
                     can="nothing", size=300)
    assert titles(text) == sorted(range(299, -1, -1), key=price)[:3]


def test_the_query_says_what_the_template_asks(render):
    text, _ = render('{capture}' + FOREACH % (
        '$shelf.books|filter:"price":">=":10|filter:"title"|filter:"id":"7"'
        '|orderby:"id":"desc"|limit:9|limit:4') + '{/capture}{$shelf.asked.query}')
    assert json.loads(text) == {
        "filter": [["price", ">=", "10"], ["title", "given", None], ["id", "==", "7"]],
        "orderby": [["id", "desc"]], "limit": 4}


def test_a_query_tells_truth_from_1(render):
    text, _ = render('{capture}' + FOREACH % '$shelf.books|filter:"id":true|filter:"id":false'
                     + '{/capture}{$shelf.asked.query}')
    assert json.loads(text) == {"filter": [["id", "==", True], ["id", "==", False]]}


def test_count_asks_for_the_total_and_fetches_nothing(render):
    text, stats = render('{$shelf.books|count} {$shelf.books|filter:"price":"<":15|count} '
                         '{count($shelf.books|limit:7)}', size=100000)
    assert text == "100000 15000 7"
    assert stats["lookups"] <= 3


def test_count_without_a_total_counts(render):
    text, _ = render('{$shelf.books|filter:"price":"<":15|count}', can="nothing")
    assert text == str(len(CHEAPEST))


def test_limit_0_asks_nothing(render):
    text, stats = render(FOREACH % "$shelf.books|limit:0" + "none")
    assert text == "none" and stats["lookups"] == 0


def test_a_list_too_long_to_look_through_is_an_error_with_its_line(render):
    error = render("Hello\n" + FOREACH % '$shelf.books|filter:"title":"x"', status=65,
                   can="nothing", size=50000)
    assert "mail.txt:2: 'shelf.books' has more than 10000 elements" in error
    assert "filter by a field" in error


def test_elements_are_reached_by_number(render):
    text, _ = render('{$dear = $shelf.books|orderby:"price":"desc"}{$shelf.books[3].title} '
                     "{$dear.0.id} {$shelf.books[9999].title|default:'none'}")
    assert text == "Book 3 57 none"


def test_a_list_kept_in_a_variable_stays_a_list(render):
    text, _ = render('{$cheap = $shelf.books|filter:"price":"<":15}{$cheap|count} '
                     '{foreach $cheap|limit:2 as $b}{$b.id},{/foreach} {$cheap|count} '
                     '{if $cheap}yes{/if}')
    assert text == f"{len(CHEAPEST)} 0,1, {len(CHEAPEST)} yes"


def test_an_unknown_operator_is_named(render):
    error = render('{$shelf.books|filter:"price":"=>":3|count}', status=65)
    assert "mail.txt:1: filter does not know the operator '=>'" in error


# ---- references ----


def test_a_reference_is_followed_when_gone_into(render):
    text, stats = render("{$shelf.book.12.author.name}|{$shelf.book.12.price}"
                         "|{$shelf.book.12.price.currency}")
    assert text == "Author 2|84|EUR"
    assert stats["lookups"] == 4


def test_a_reference_that_nobody_goes_into_costs_nothing(render):
    _, stats = render("{$shelf.book.12.title}")
    assert stats["lookups"] == 1


def test_references_of_a_list_are_asked_together(render):
    text, stats = render('{foreach $shelf.books|limit:50 as $b}{$b.author.name},{/foreach}')
    assert text == "".join(f"Author {i % 10}," for i in range(50))
    assert stats["questions"] == 11  # the list, and each author once


def test_a_reference_may_lead_to_a_list(render):
    text, _ = render('{foreach $shelf.author.3.books|filter:"price":"<":15 as $b}'
                     "{$b.id},{/foreach} {$shelf.author.3.books|count}")
    books = [i for i in range(250) if i % 10 == 3 and price(i) < 15]
    assert text == "".join(f"{book}," for book in books) + " 25"


def test_a_reference_as_a_whole_is_what_it_leads_to(render):
    text, _ = render("{$a = $shelf.book.12.author}{$a.name} {if $a}yes{/if} "
                     "{foreach $a as $k => $v}{$k} {/foreach}{$shelf.book.first.title}")
    assert text == "Author 2 yes name books next nobody half Book 1"


def test_a_reference_may_go_on_into_what_it_leads_to(site, render):
    text, _ = render("{$shelf.author.7.next} {$shelf.author.7.next|upper}")
    assert text == "Author 1 AUTHOR 1"
    done = site.run("variable", "get", "acme", "shelf.author.7")
    assert json.loads(done.out)["next"] == "Author 1"


def test_lists_are_refined_by_what_their_elements_refer_to(render):
    text, stats = render('{foreach $shelf.books|limit:20|filter:"author.name":"Author 3" as $b}'
                         '{$b.id},{/foreach}{$all = $shelf.books|limit:3}'
                         '{foreach $all|orderby:"author.name":"desc" as $b}{$b.id},{/foreach}')
    assert text == "3,13,2,1,0,"
    assert stats["questions"] == 12  # two queries, ten authors


def test_a_reference_to_nothing_is_empty(render):
    text, _ = render("[{$shelf.author.1.nobody.name|default:'-'}{$shelf.author.1.half.title}"
                     "{$shelf.author.1.nobody}{if !$shelf.author.1.nobody}no{/if}]")
    assert text == "[-no]"


def test_a_long_list_in_small_pages_is_read_to_its_end(site, render):
    text, stats = render("{$n = 0}{foreach $shelf.books as $b}{$n = $n + 1}{/foreach}{$n}",
                         size=5000, page=20)
    assert text == "5000"
    assert stats["questions"] == 250
    done = site.run("variable", "get", "acme", "shelf.books")
    assert len(json.loads(done.out)) == 5000


CIRCLE = "integration 'shelf': its references lead in a circle"


def test_a_circle_of_references_ends(render):
    assert CIRCLE in render("{$shelf.book.circle.title}", status=75)


def test_a_circle_of_references_is_a_failure_as_others(render):
    text, _ = render("[{$shelf.book.circle.title|default:'-'}]", on_failure="empty")
    assert text == "[-]"


def test_a_circle_of_references_stops_a_mailing_that_wants_that(render):
    assert CIRCLE in render("{$shelf.book.circle.title}", status=69, on_failure="stop")


def test_a_circle_of_references_does_not_end_other_messages(site, render):
    render("")
    site.write("mail.txt", "{$shelf.book[$key].title}")
    site.write("to.jsonl", '{"key":"circle"}\n{"key":"7"}\n')
    done = site.run("render", "acme", "mail.txt", "--recipients", "to.jsonl", "--output", "out")
    assert CIRCLE in done.err
    assert [path.read_text() for path in (site.folder / "out").iterdir()] == ["Book 7"]


def test_a_reference_with_a_key_that_is_too_long_is_an_error(render):
    error = render("{if $shelf.book.endless}there{/if}{$shelf.book.endless.next.title}", 75)
    assert ("integration 'shelf': it refers to 'book' with a key of 1025 bytes, 1024 are "
            "allowed") in error


def test_nothing_is_followed_below_attributes(render):
    text, _ = render("[{$shelf.book.12.attributes.author.name}]")
    assert text == "[]"


def test_a_time_can_be_had_in_three_ways(render):
    text, _ = render("{$t = $shelf.book.1.printed}{$t}|{$t.timestamp}|{$t.local}"
                     "|{$t|date_format:'%d.%m.%Y'}")
    assert text == "2026-07-01 22:30:00|1782945000|2026-07-02 00:30:00|01.07.2026"


def test_what_a_value_refers_to_cannot_be_had_and_stays_a_reference(site, render):
    render("")
    done = site.run("variable", "get", "acme", "shelf.book.endless")
    assert json.loads(done.out) == {"next": {"$ref": ["book", f"{1:01025}"]}}
    assert "what stays a reference cannot be had: integration 'shelf': it refers to" in done.err
    assert done.status == 0


@pytest.mark.parametrize("count, author", [
    (500, "Author 3"), (501, {"$ref": ["author", "3"]})])
def test_a_value_with_too_many_references_shows_them(site, render, count, author):
    render("", size=count)
    done = site.run("variable", "get", "acme", "shelf.books")
    found = json.loads(done.out)[3]["author"]
    assert (found if "$ref" in found else found["name"]) == author


def test_a_value_shows_what_it_refers_to(site, render):
    render("")
    done = site.run("variable", "get", "acme", "shelf.book.12")
    author = json.loads(done.out)["author"]
    assert author["name"] == "Author 2"
    assert author["next"] == {"$ref": ["book", "11", "author", "name"]}
    done = site.run("variable", "get", "acme", "shelf.book.12.author.name")
    assert done.out == '"Author 2"\n'
