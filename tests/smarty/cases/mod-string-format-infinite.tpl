{$h = "1e999"}{$l = "-1e999"}
{foreach ["%f", "%.0f", "%e", "%G", "%10.2f", "%-10f", "%010f", "%+f", "%+010f", "%0-10f", "%'08f", "%'*8g", "%d", "%s"] as $f}
{$f}: {$h|string_format:$f}|{$l|string_format:$f}|{($h - $h)|string_format:$f}
{/foreach}
