<header class="site">
<a href="{{home.file}}">{{home.title}}</a>
<nav aria-label="Steps">
<ol>
% for step in steps:
<li><a href="{{step.file}}"{{!' aria-current="page"' if step is page else ''}}>{{step.number}} <span>{{step.short_title.replace('-', ' ')}}</span></a></li>
% end
</ol>
</nav>
</header>
<main id="main" tabindex="-1">
<nav class="here" aria-label="On this page">
<ul>
% for id, text in [*page.sections, *([('changes', 'All changes')] if changes else [])]:
<li><a href="#{{id}}">{{text}}</a></li>
% end
</ul>
</nav>
<article>
{{!page.introduction}}
% if cards:
<nav aria-label="A page for each step">
<ol class="cards">
%   for step, lines, minutes, idea in cards:
<li><a href="{{step.file}}"><b>{{step.title}}</b> {{idea}} <small>{{minutes}} minutes, {{lines}} new lines</small></a></li>
%   end
</ol>
</nav>
% end
{{!page.html}}
% if changes:
<h2 id="changes">All changes from {{previous.folder.name if previous is not home else 'the given templates'}}</h2>
{{!changes}}
% end
</article>
</main>
<footer>
<nav class="turn" aria-label="Previous and next">
% if previous:
<a rel="prev" href="{{previous.file}}">← {{previous.title}}</a>
% end
% if following:
<a rel="next" href="{{following.file}}">{{following.title}} →</a>
% end
</nav>
</footer>
