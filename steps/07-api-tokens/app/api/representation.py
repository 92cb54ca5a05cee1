"""Representations: what the API answers."""
from bottle import request, response

from app.rules import read_number


def read_page():
    """Return the page that the query asks for, and how many items a page has; 400 for nonsense."""
    return read_number('page', 1, 10**15), read_number('per_page', 10, 100)


def collection(items, total, page, per_page):
    """Return a page of a collection: its items, its numbers, its links to the pages around it."""
    pages = -(-total // per_page)  # rounded up
    return {
        'items': items,
        '_meta': {'page': page, 'per_page': per_page, 'total_pages': pages, 'total_items': total},
        '_links': {
            'self': page_link(page, per_page),
            'next': page_link(page + 1, per_page) if page < pages else None,
            'prev': page_link(page - 1, per_page) if page > 1 else None,
        },
    }


def page_link(page, per_page):
    """Return the path of a page of the collection that is being read."""
    return link(request.route.name, page=page, per_page=per_page, **request.url_args)


def link(name, **args):
    """Return the path of a route: app.get_url does the same, and takes longer than a query."""
    return request.script_name.rstrip('/') + request.app.router.build(name, **args)


def created(item):
    """Answer 201, and say where the new item is."""
    response.status = 201
    response.set_header('Location', item['_links']['self'])
    return item
