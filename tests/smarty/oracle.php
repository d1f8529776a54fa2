<?php
/*
 * Renders many templates with real Smarty: one JSON object a line on stdin, one answer a
 * line on stdout, in the same order.
 *
 *   {"template": base64, "data": base64 of JSON, "escape_html": bool}
 *   + base64 of what was rendered, or - base64 of the error's message
 *
 * Debian's php-cli, php-mbstring and smarty4. The work is done in a child process, which
 * some templates kill (an endless loop, an error that PHP cannot catch): that is an error
 * too, and a new child goes on with the next template.
 */
error_reporting(E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR | E_USER_ERROR);
ini_set('display_errors', '0');
ini_set('memory_limit', '128M');
date_default_timezone_set('UTC');
putenv('TZ=UTC');     // strftime's %s reads the environment
setlocale(LC_ALL, 'C');
mb_internal_encoding('UTF-8');
require_once 'smarty4/Smarty.class.php';

const NOW = 1767225600;       // what imh template render takes for now
const SECONDS_EACH = 5;

/* What imh knows; everything else must be refused by both. */
const FUNCTIONS = [
    'array', 'isset', 'empty', 'count', 'explode', 'in_array', 'is_array', 'is_int', 'nl2br',
    'number_format', 'range', 'strlen', 'array_reverse', 'array_slice', 'abs', 'addslashes',
    'array_chunk', 'array_column', 'array_combine', 'array_diff', 'array_fill', 'array_flip',
    'array_intersect', 'array_key_exists', 'array_key_first', 'array_key_last', 'array_keys',
    'array_merge', 'array_pad', 'array_product', 'array_search', 'array_sum', 'array_unique',
    'array_values', 'base64_decode', 'base64_encode', 'bin2hex', 'boolval', 'ceil', 'checkdate',
    'chr', 'crc32', 'ctype_alpha', 'ctype_digit', 'ctype_lower', 'ctype_upper', 'date', 'dechex',
    'floatval', 'floor', 'fmod', 'gmdate', 'hash', 'hexdec', 'html_entity_decode',
    'htmlentities', 'htmlspecialchars', 'http_build_query', 'implode', 'intdiv', 'intval',
    'is_bool', 'is_float', 'is_null', 'is_numeric', 'is_string', 'join', 'json_decode',
    'json_encode', 'lcfirst', 'levenshtein', 'ltrim', 'max', 'metaphone',
    'mb_strlen', 'mb_strpos',
    'mb_strtolower', 'mb_strtoupper', 'mb_substr', 'md5', 'min', 'mktime', 'ord', 'pow',
    'preg_match', 'preg_quote', 'preg_replace', 'rawurldecode', 'rawurlencode', 'round', 'rtrim',
    'sha1', 'similar_text', 'sizeof', 'soundex', 'sprintf', 'sqrt', 'str_contains',
    'str_ends_with', 'str_ireplace', 'str_pad', 'str_repeat', 'str_replace', 'str_split',
    'str_starts_with', 'str_word_count', 'strcasecmp', 'strcmp', 'stripos', 'stripslashes',
    'stristr', 'strncmp', 'strpos', 'strrchr', 'strrev', 'strrpos', 'strstr', 'strtolower',
    'strtoupper', 'strtotime', 'strtr', 'strval', 'substr', 'substr_count', 'time', 'trim',
    'ucfirst', 'ucwords', 'urldecode', 'urlencode', 'vsprintf', 'wordwrap',
];
const SMARTY_MODIFIERS = [
    'capitalize', 'cat', 'count', 'count_characters', 'count_paragraphs', 'count_sentences',
    'count_words', 'date_format', 'default', 'escape', 'from_charset', 'indent', 'lower',
    'noprint', 'regex_replace', 'replace', 'spacify', 'string_format', 'strip', 'strip_tags',
    'to_charset', 'truncate', 'unescape', 'upper',
];
const MODIFIERS = [...SMARTY_MODIFIERS, ...FUNCTIONS];

class Policy extends Smarty_Security
{
    public $static_classes = null;
    public $trusted_static_methods = null;
    public $trusted_static_properties = null;
    public $php_functions = FUNCTIONS;
    public $php_modifiers = MODIFIERS;
    public $allowed_modifiers = MODIFIERS;
    public $allowed_tags = [];
    public $streams = null;
    public $allow_constants = false;
    public $allow_super_globals = false;

    public function isTrustedConstant($const, $compiler)
    {
        return in_array(strtolower($const), ['true', 'false', 'null'], true)
            || $compiler->trigger_template_error("constant '$const' not allowed");
    }
}

/* Smarty 4.3 makes 0 and "0" empty here; 4.3.2 and 5 do not (its issue 890). */
function compile_strip_tags(array $arguments): string
{
    $to_spaces = trim($arguments[1] ?? 'true', '"') === 'true';
    return ($to_spaces ? "preg_replace('!<[^>]*?>!', ' ', " : 'strip_tags(')
        . "(string)({$arguments[0]}))";
}

/* Smarty's own function, but for the clock: a date that cannot be read is now. */
function set_clock(): void
{
    $code = file_get_contents(SMARTY_PLUGINS_DIR . 'shared.make_timestamp.php');
    eval('?>' . strtr($code, ['strtotime($string)' => 'strtotime($string, ' . NOW . ')',
        ' time()' => ' ' . NOW]));
}

/* An engine of its own for every template: some tags leave their state in it. */
function engine(bool $escape_html): Smarty
{
    $engine = new Smarty();
    $engine->setErrorReporting(E_ALL & ~(E_WARNING | E_NOTICE | E_DEPRECATED | E_USER_DEPRECATED
        | E_USER_NOTICE | E_USER_WARNING));
    $engine->enableSecurity('Policy');
    $engine->escape_html = $escape_html;
    $engine->setTemplateDir(__DIR__ . '/includes');
    $engine->setCompileDir(COMPILED);
    $engine->registerPlugin('modifiercompiler', 'strip_tags', 'compile_strip_tags');
    $engine->registerFilter('post', function ($code) {
        return preg_replace('/(?<![\w:$])(?<!->)time\(\)/', (string)NOW, $code);
    });
    return $engine;
}

function render(array $job): string
{
    $engine = engine($job['escape_html']);
    foreach (json_decode(base64_decode($job['data']), true) as $name => $value) {
        $engine->assign((string)$name, $value);
    }
    $level = ob_get_level();
    try {
        return '+' . base64_encode($engine->fetch('eval:' . base64_decode($job['template'])));
    } catch (Throwable $error) {
        return '-' . base64_encode($error->getMessage());
    } finally {
        while (ob_get_level() > $level) {
            ob_end_clean();
        }
    }
}

/* Renders the jobs from `next` on; how many were answered. */
function render_apart(array $jobs, int $next): int
{
    $pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $child = pcntl_fork();
    if ($child === 0) {
        ob_start(fn() => '');                 // what a broken template prints past Smarty
        for (; $next < count($jobs); $next++) {
            pcntl_alarm(SECONDS_EACH);
            fwrite($pair[1], render($jobs[$next]) . "\n");
        }
        posix_kill(getmypid(), SIGKILL);      // without shutdown functions
    }
    fclose($pair[1]);
    for ($done = 0; ($line = fgets($pair[0])) !== false; $done++) {
        echo $line;
    }
    pcntl_waitpid($child, $status);
    return $done;
}

define('COMPILED', sys_get_temp_dir() . '/oracle.' . getmypid());
set_clock();
$jobs = [];
while (($line = fgets(STDIN)) !== false) {
    $jobs[] = json_decode($line, true);
}
for ($next = 0; $next < count($jobs);) {
    $next += render_apart($jobs, $next);
    if ($next < count($jobs)) {
        echo '-', base64_encode('the engine died'), "\n";
        $next++;
    }
}
array_map('unlink', glob(COMPILED . '/*'));
if (is_dir(COMPILED)) {
    rmdir(COMPILED);
}
