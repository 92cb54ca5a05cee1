"""The modules of an app, and a picture of what imports what."""
import ast
import importlib.util
from pathlib import PurePosixPath
from statistics import mean

from templates import fill

CHARACTER, HEIGHT, GAP, BETWEEN_ROWS = 8, 28, 14, 46  # in pixels; rows are further apart than boxes in a row
ROUNDS = 8  # of moving everything nearer to what it is connected with


# What imports what

def find_imports(texts):
    """Return {module: the modules of the same app that it imports}, of {file name: text}."""
    files = {module_name(file): file for file in texts if file.endswith('.py')}
    return {name: sorted(find_imported(texts[file], package_name(file), files.keys())) for name, file in files.items()}


def module_name(file):
    """Return the name of a module as an import has it: app.api for app/api/__init__.py."""
    return '.'.join(PurePosixPath(file).with_suffix('').parts).removesuffix('.__init__')


def package_name(file):
    """Return the name of the package that a module is in: app.api for app/api/users.py, and for app/api/__init__.py."""
    return '.'.join(PurePosixPath(file).parent.parts)


def find_imported(text, package, names):
    """Return those of the names that a module of a package imports."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = importlib.util.resolve_name('.' * node.level + (node.module or ''), package)
            for alias in node.names:
                inner = f'{source}.{alias.name}'
                found.add(inner if inner in names else source)
    return found & names


# The picture: who imports stands above what is imported

class Box:
    """A module in the picture, or a point at which a line passes a row."""

    def __init__(self, row, name=None):
        self.row, self.name = row, name
        self.width = len(name) * CHARACTER + 20 if name else 0
        self.x = 0  # the middle
        self.neighbours = []
        self.state = ''

    @property
    def y(self):
        return self.row * (HEIGHT + BETWEEN_ROWS)

    @property
    def bottom(self):
        """Where lines leave downwards: a point has no height."""
        return self.y + (HEIGHT if self.name else HEIGHT / 2)

    @property
    def top(self):
        return self.y + (0 if self.name else HEIGHT / 2)


class Line:
    """A part of the way from a module to one that it imports, from one row to the next."""

    def __init__(self, start, end):
        self.start, self.end = start, end
        self.is_new = True
        self.arrow_down = self.arrow_up = False
        start.neighbours.append(end)
        end.neighbours.append(start)

    @property
    def path(self):
        """The path as SVG has it: straight down at both ends."""
        x1, y1, x2, y2 = self.start.x, self.start.bottom, self.end.x, self.end.top
        middle = (y1 + y2) / 2
        return f'M{x1:.0f} {y1:.0f}C{x1:.0f} {middle:.0f} {x2:.0f} {middle:.0f} {x2:.0f} {y2:.0f}'


def draw(new, old):
    """Return the picture of an app as SVG, marked with what is not so in the step before; both are {file name: text}."""
    imports = find_imports(new)
    boxes, lines = connect(imports, find_imports(old))
    for box in boxes:
        box.state = find_state(box.name, new, old)
    rows = [[box for box in boxes if box.row == row] for row in range(max(box.row for box in boxes) + 1)]
    for row in (rows + rows[::-1]) * ROUNDS:
        arrange(row)
    left = min(box.x - box.width / 2 for box in boxes) - 2
    right = max(box.x + box.width / 2 for box in boxes) + 2
    view = f'{left:.0f} -2 {right - left:.0f} {rows[-1][0].y + HEIGHT + 4}'
    return fill('modules', imports=imports, boxes=[box for box in boxes if box.name], lines=lines, view=view, height=HEIGHT)


def find_state(name, new, old):
    """Return what has happened to a module since the step before: 'new', 'changed', or nothing."""
    for file in new:
        if file.endswith('.py') and module_name(file) == name:
            return 'new' if file not in old else 'changed' if new[file] != old[file] else ''


def connect(imports, before):
    """Return the boxes and the lines of the picture."""
    upward = find_upward(imports)
    rows = find_rows(imports, upward)
    boxes = {name: Box(rows[name], name) for name in imports}
    lines = {}
    for importer, name in edges(imports):
        is_upward = (importer, name) in upward
        high, low = (name, importer) if is_upward else (importer, name)
        # All lines to a module meet on their way: in each row between there is one point for them.
        points = [boxes.setdefault((low, row), Box(row)) for row in range(rows[high] + 1, rows[low])]
        way = [boxes[high], *points, boxes[low]]
        parts = [find_line(lines, *ends) for ends in zip(way, way[1:])]
        parts[0].arrow_up |= is_upward
        parts[-1].arrow_down |= not is_upward
        for part in parts:
            part.is_new &= name not in before.get(importer, [])
    return list(boxes.values()), list(lines.values())


def find_line(lines, start, end):
    """Return the line between two boxes; there is one only, however many imports go along it."""
    if (start, end) not in lines:
        lines[start, end] = Line(start, end)
    return lines[start, end]


def edges(imports):
    """Return (module, one that it imports) for each import."""
    return [(name, other) for name, others in imports.items() for other in others]


def find_upward(imports):
    """Return those edges at which a circle of imports is closed; in the picture they go upwards."""
    upward, done = set(), set()

    def visit(name, above):
        for other in imports[name]:
            if other in above:
                upward.add((name, other))
            elif other not in done:
                visit(other, [*above, other])
        done.add(name)

    used = {other for _, other in edges(imports)}
    for name in sorted(imports, key=used.__contains__):
        if name not in done:
            visit(name, [name])
    return upward


def find_rows(imports, upward):
    """Return {module: its row}, below all those that import it."""
    rows = dict.fromkeys(imports, 0)
    for _ in imports:
        for name, other in edges(imports):
            if (name, other) not in upward:
                rows[other] = max(rows[other], rows[name] + 1)
    return rows


def arrange(row):
    """Bring each box of a row near to those that it is connected with, side by side in the order of those."""
    for box in row:
        box.x = mean(other.x for other in box.neighbours) if box.neighbours else box.x
    row.sort(key=lambda box: box.x)
    wanted = [box.x for box in row]
    for left, right in zip(row, row[1:]):
        right.x = max(right.x, left.x + (left.width + right.width) / 2 + GAP)
    shift = mean(box.x for box in row) - mean(wanted)
    for box in row:
        box.x -= shift
