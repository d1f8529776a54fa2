<?php
/* render_smarty.php FOLDER NAME LOOPS - the same rendering by real Smarty 4: prints the name,
 * bytes, microseconds to compile and render the first time, and to render again. */
error_reporting(E_ERROR);
date_default_timezone_set('UTC');
require '/usr/share/php/smarty4/Smarty.class.php';

const ROUNDS = 15;

function smarty_for(string $folder, string $name, string $compiled): Smarty
{
    $smarty = new Smarty();
    $smarty->setTemplateDir($folder);
    $smarty->setCompileDir($compiled);
    $smarty->setCompileCheck(0);
    $data = json_decode(file_get_contents("$folder/$name.json"), true);
    foreach ($data as $key => $value) {
        $smarty->assign($key, $value);
    }
    return $smarty;
}

function empty_folder(string $folder): void
{
    foreach (glob("$folder/*") as $file) {
        unlink($file);
    }
}

[, $folder, $name, $loops] = $argv;
$compiled = sys_get_temp_dir() . '/render-smarty-' . getmypid();
mkdir($compiled, 0700);
/* The compiler's own classes are loaded by another template. */
smarty_for($folder, $name, $compiled)->fetch($name === 'small' ? 'medium.tpl' : 'small.tpl');

$first = $again = [];
for ($round = 0; $round < ROUNDS; $round++) {
    empty_folder($compiled);
    $smarty = smarty_for($folder, $name, $compiled);
    $start = hrtime(true);
    $smarty->fetch("$name.tpl");
    $first[] = (hrtime(true) - $start) / 1000;
}
$template = $smarty->createTemplate("$name.tpl");
for ($round = 0; $round < ROUNDS; $round++) {
    $start = hrtime(true);
    for ($i = 0; $i < $loops; $i++) {
        $message = $template->fetch();
    }
    $again[] = (hrtime(true) - $start) / 1000 / $loops;
}
empty_folder($compiled);
rmdir($compiled);
printf("%s\t%d\t%.2f\t%.4f\n", $name, strlen($message), min($first), min($again));
