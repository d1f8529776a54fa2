<{$p1}{$s}>
{if $n > 2}big{/if}
