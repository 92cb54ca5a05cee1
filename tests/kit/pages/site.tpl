<header class="site">
<a href="{{home.file}}">{{home.title}}</a>
<nav aria-label="Steps">
<ol>
% for step in steps:
<li><a href="{{step.file}}" title="{{step.title}}"{{!' aria-current="page"' if step is page else ''}}>{{step.label}}</a></li>
% end
</ol>
</nav>
</header>
<main id="main" tabindex="-1">
<article class="text">
{{!page.heading}}
% if page is not home:
<nav aria-label="On this page">
<ul class="here">
% for id, text in [*page.sections, ('modules', 'The modules'), ('changes', 'All changes')]:
<li><a href="#{{id}}">{{text}}</a></li>
% end
</ul>
</nav>
% end
{{!page.html}}
</article>
{{!more}}
</main>
<footer>
<nav class="turn" aria-label="Previous and next">
% if previous:
<a rel="prev" href="{{previous.file}}"><span>← Previous</span> <b>{{previous.title}}</b></a>
% end
% if next:
<a rel="next" href="{{next.file}}"><span>Next →</span> <b>{{next.title}}</b></a>
% end
</nav>
</footer>
