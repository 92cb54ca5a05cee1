"""What all representations have in common."""
import math

from bottle import request, response

from app.blueprint import url_for
from app.validation import read_number


def read_page():
    """Return page and per_page from the query string, or answer 400."""
    return read_number('page', 1), read_number('per_page', 10, 100)


def collection(items, total, page, per_page, **query):
    """Return one page of a collection, with links to the pages before and after it."""
    pages = math.ceil(total / per_page)

    def link(number):
        return url_for(request.route.name, **request.url_args, **query,
                       page=number, per_page=per_page)
    return {
        'items': items,
        '_meta': {'page': page, 'per_page': per_page, 'total_pages': pages, 'total_items': total},
        '_links': {
            'self': link(page),
            'next': link(page + 1) if page < pages else None,
            'prev': link(page - 1) if page > 1 else None,
        },
    }


def created(item):
    """Answer 201 Created, with the address of the new item in the Location header."""
    response.status = 201
    response.set_header('Location', item['_links']['self'])
    return item
