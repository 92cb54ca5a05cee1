% home, *steps = pages
% place = pages.index(page)
% rebase('page', title=page.title if page is home else f'{page.title} · {home.title}')
<nav class="site" aria-label="Steps">
<ol>
% for step in pages:
%   current = ' aria-current="page"' if step is page else ''
%   name = home.title if step is home else f"{step.number} <span>{step.short_title.replace('-', ' ')}</span>"
<li><a href="{{step.file}}"{{!current}}>{{!name}}</a>
%   if current:
<ul aria-label="On this page">
%     for level, id, text in step.sections:
<li style="--level:{{level}}"><a href="#{{id}}">{{!text if level < '4' else 'yours'}}</a></li>
%     end
</ul>
%   end
</li>
% end
</ol>
</nav>
<main id="main">
<article>
{{!page.html}}
</article>
<nav class="turn" aria-label="Previous and next">
% if place:
<a rel="prev" href="{{pages[place - 1].file}}">← {{!pages[place - 1].title}}</a>
% end
% if place < len(steps):
<a rel="next" href="{{pages[place + 1].file}}">{{!pages[place + 1].title}} →</a>
% end
</nav>
</main>
<script>
% include('site.js')
</script>
