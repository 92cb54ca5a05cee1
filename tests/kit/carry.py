"""tasks.py carry: bring a fix in one step to all later ones."""
import difflib
import io
import subprocess
import tarfile

import tasks

CONTEXTS = [(3, 3), (1, 1), (1, 0), (0, 1), (0, 0)]  # how many lines above and below a change


def carry(options):
    """Bring the uncommitted changes in a step to all later ones, and check them; return the exit status."""
    index = tasks.find_step(options.step)
    conflicts = carry_on(index)
    steps = [f'--step={number}' for number in range(index + 1, len(tasks.STEPS) + 1)]
    return tasks.pytest(options, *steps) or min(conflicts, 1)


def carry_on(index):
    """Bring the uncommitted changes in a step to all later ones; return how many conflicts there are."""
    folder = tasks.STEPS[index][0]
    fix = find_uncommitted(folder)
    if not fix:
        tasks.stop(f'Nothing is uncommitted in {folder.name}. Make the fix there first (.py, .tpl and .css files are carried, and no others).')
    conflicts = 0
    for folder, *_ in tasks.STEPS[index + 1:]:
        results = bring(fix, folder)
        lines = [f'{result:9} {what}' for result, what in results]
        print(f'{folder.name:18}' + f'\n{"":18}'.join(lines), flush=True)
        conflicts += [result for result, _ in results].count('conflict')
        fix = find_uncommitted(folder) or fix  # the change in the words of this step, for the next one
    return conflicts


def find_uncommitted(folder):
    """Return {name: (lines in the last commit, lines now)} of a step's files that differ; no lines where there is no file."""
    try:
        archive = subprocess.run(['git', 'archive', 'HEAD', '.'], cwd=folder, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        tasks.stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        old = {file.name: tar.extractfile(file).read().decode().splitlines() for file in tar if file.name.endswith(tasks.CODE)}
    new = {name: text.splitlines() for name, text in tasks.read(folder).items()}
    return {name: (old.get(name, []), new.get(name, [])) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}


def bring(fix, folder):
    """Make a fix in another step; return a list of (what came of it, where), one for each part of the fix."""
    files = {name: text.splitlines() for name, text in tasks.read(folder).items()}
    results = []
    for name, (before, now) in fix.items():
        if not before:
            files.setdefault(name, [])
        for tag, i, j, k, m in difflib.SequenceMatcher(None, before, now, False).get_opcodes():
            if tag != 'equal':
                contexts = [(before[max(0, i - above):j + below], now[max(0, k - above):m + below]) for above, below in CONTEXTS]
                results.append(make_part(contexts, name, files, folder))
    return results


def make_part(contexts, name, files, folder):
    """Put new lines in the place of old ones, where just one place has them; return what came of it, and where."""
    for old, new in contexts:
        for lines, result in ((old, 'took it'), (new, 'had it')):
            place = find_place(lines, name, files)
            if place:
                file, index = place
                files[file][index:index + len(lines)] = new
                write(folder / file, files[file])
                return result, file
    return 'conflict', f'{name}: {" / ".join(line.strip() for line in contexts[1][1])}'


def find_place(lines, name, files):
    """Return (file, index) of the one place where these lines stand, in the file of this name or else in any; or None."""
    for candidates in (files.keys() & {name}, files):
        places = [(file, i) for file in candidates for i in range(len(files[file]) + 1) if files[file][i:i + len(lines)] == lines]
        if len(places) == 1:
            return places[0]


def write(path, lines):
    """Write lines into a file, or delete it if there are none."""
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8', newline='\n')
    else:
        path.unlink()
