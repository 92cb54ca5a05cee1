% home, *steps = pages
% place = pages.index(page)
% rebase('page', title=page.title if page is home else f'{page.title} · {home.title}')
<header class="site">
<a href="{{home.file}}">{{!home.title}}</a>
<nav aria-label="Steps">
<ol>
% for step in steps:
%   current = ' aria-current="page"' if step is page else ''
<li><a href="{{step.file}}"{{!current}}>{{step.number}} <span>{{step.short_title.replace('-', ' ')}}</span></a></li>
% end
</ol>
</nav>
</header>
<main id="main">
<nav class="here" aria-label="On this page">
<ul>
% for id, text in page.sections:
<li><a href="#{{id}}">{{!text}}</a></li>
% end
</ul>
</nav>
<article>
{{!page.introduction}}
% if page is home:
<ol class="cards">
%   for before, step, (_, _, minutes, idea) in zip([None, *steps], steps, tasks.STEPS):
<li><a href="{{step.file}}"><b>{{!step.title}}</b><br>{{idea}}<br>
<small>{{minutes}} minutes, {{tasks.new_lines(before and before.folder, step.folder)}} new lines</small></a></li>
%   end
</ol>
% end
{{!page.html}}
</article>
</main>
<nav class="turn" aria-label="Previous and next">
% if place:
<a rel="prev" href="{{pages[place - 1].file}}">← {{!pages[place - 1].title}}</a>
% end
% if place < len(steps):
<a rel="next" href="{{pages[place + 1].file}}">{{!pages[place + 1].title}} →</a>
% end
</nav>
<script>
% include('site.js')
</script>
