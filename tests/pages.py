"""What the suite looks for in a page, whatever its template looks like."""
import re
from urllib.parse import urljoin, urlsplit

from answers import fail, summary


def bodies(page):
    """Return the texts of the posts on a page."""
    return [item.get_text().strip() for item in page.html.select('.posts .body')]


def element(page, selector):
    """Return the first element of a page that fits a CSS selector."""
    return page.html.select_one(selector) or fail(f'an element {selector}', summary(page))


def address(page, link):
    """Return the path, and the query string, to which a link leads a browser.

    A link to another site stays as it is.
    """
    url = urlsplit(urljoin(page.request.url, link['href']))
    if url.hostname != 'localhost':
        return url.geturl()
    return url.path + ('?' + url.query if url.query else '')


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
    """Return the error message of a form field, or of one of several.

    It is in the element whose id is in the field's aria-describedby or aria-errormessage.
    """
    texts = []
    for name in names:
        for attribute in ('aria-describedby', 'aria-errormessage'):
            for id in field(page, name).get(attribute, '').split():
                texts += [element.get_text().strip() for element in page.html.find_all(id=id)]
    expected = f'a message for the field {" or ".join(names)}, linked by aria-describedby'
    return ' '.join(texts) or fail(expected, 'no message')


def check_page(page):
    """Check what every page must have."""
    assert page.content_type == 'text/html'
    assert (page.charset or 'no charset').lower() == 'utf-8'
    html = page.html
    hint = 'does its template begin with % rebase?'
    if page.status_int >= 400:
        hint = 'is there a handler for errors, and can it render error.tpl?'
    for selector, example in [
        ('html[lang]:not([lang=""])', '<html lang="en">'),
        ('title:not(:empty)', '<title>Room</title>'),
        ('meta[name=viewport]', '<meta name="viewport" ...>'),
    ]:
        if not html.select(selector):
            fail(f'{example} in the page ({hint})', summary(page))
    for field in html.select('input, textarea, select'):
        own = field.find_parent('label') or field.get('aria-label') or field.get('aria-labelledby')
        own = own or html.find('label', {'for': field.get('id', '')})
        if not own and field.get('type') not in ('hidden', 'submit', 'button'):
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
    assert focus, 'autofocus at the field with the message'
    if page.html.title == before.html.title:
        fail('a <title> that says that there is a mistake', before.html.title)
    assert value(page, 'password') == '', 'an empty field for the password'
    check_no_html(page, 'script, [onfocus]')
