"""What the suite looks for in a page, whatever its template looks like."""
import re
from urllib.parse import urljoin

from answers import fail, summary


def bodies(page):
    """Return the texts of the posts on a page."""
    return [item.get_text().strip() for item in page.html.select('.posts .body')]


def element(page, selector):
    """Return the first element of a page that fits a CSS selector."""
    return page.html.select_one(selector) or fail(f'an element {selector}', summary(page))


def address(page, link):
    """Return the path, and the query string, to which a link on this site leads a browser."""
    return urljoin(page.request.url, link['href']).removeprefix(page.request.host_url)


def links(page, path, within='body'):
    """Return the links to this path in a part of a page."""
    return [link for link in page.html.select(f'{within} a[href]')
            if address(page, link).split('?')[0] == path]


def field(page, name):
    """Return the form field of this name on a page."""
    found = page.html.select_one(f'form [name="{name}"]')
    return found or fail(f'a form field with the name {name}', summary(page))


def value(page, name):
    """Return the text in a form field, an <input> or a <textarea>."""
    element = field(page, name)
    if element.name == 'textarea':
        return re.sub(r'^\r?\n', '', element.get_text())  # HTML drops a first line break
    return element.get('value', '')


def error(page, *names):
    """Return the message of a form field, or of one of several. aria-describedby has its id."""
    fields = [field(page, name) for name in names]
    ids = ' '.join(each.get('aria-describedby') or each.get('aria-errormessage', '')
                   for each in fields).split()
    texts = [element.get_text().strip() for element in page.html.find_all(id=ids)] if ids else []
    expected = f'a message for the field {" or ".join(names)}, linked by aria-describedby'
    others = [each['name'] for each in page.html.select('[aria-invalid=true]')]
    return ' '.join(texts) or fail(expected, f'a message for {others}' if others else 'no message')


def check_page(page):
    """Check what every page must have."""
    assert page.content_type == 'text/html'
    assert (page.charset or 'no charset').lower() == 'utf-8'
    for selector in ('html[lang]:not([lang=""])', 'title:not(:empty)', 'meta[name=viewport]'):
        if not page.html.select(selector):
            fail(f'{selector.partition(":")[0]} in the page', summary(page))
    for field in page.html.select('input:not([type=hidden]), textarea'):
        own = field.find_parent('label') or page.html.find('label', {'for': field.get('id', '')})
        if not own and not field.get('aria-label'):
            fail(f'a label for the field {field.get("name")}', 'no label')


def check_no_html(page, selector='script'):
    """Check that nothing that people typed became an element of the page."""
    found = page.html.select(selector)
    if found:
        fail('no HTML from what people typed (does a template have {{! where it needs {{?)',
             found[0])


def check_no_link(page, rel):
    """Check that a page has no link to older (next) or newer (prev) posts."""
    link = page.html.find('a', rel=rel)
    if link:
        fail(f'no link with rel="{rel}" on this page, because there are no such posts', link)


def check_mistake(page, before, *names):
    """Check a form after a mistake: a message at one of these fields, the focus there.

    It has another title than before, and no password.
    """
    error(page, *names)
    focus = page.html.select(', '.join(f'[name={name}][autofocus]' for name in names))
    assert focus, 'no autofocus at the field with the message'
    if page.html.title == before.html.title:
        fail('a <title> that says that there is a mistake', before.html.title)
    assert value(page, 'password') == '', 'the password is in its field again'
    check_no_html(page, 'script, [onfocus]')
