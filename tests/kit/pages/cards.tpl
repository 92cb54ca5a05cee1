<section aria-labelledby="steps">
<div class="text"><h2 id="steps">A page for each step</h2></div>
<ol class="cards">
% for step, minutes, lines, idea in rows:
<li><a href="{{step.file}}"><b>{{step.name}}</b> {{idea}} <small>{{minutes}} minutes, {{lines}} new lines</small></a></li>
% end
</ol>
</section>
