import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// The rules that the canary breaks; each must be reported, or a fence has fallen.
const canaryRules = ['@nx/enforce-module-boundaries', '@typescript-eslint/no-floating-promises'];
const canaryBoundaries = 3;
const LINES_OF_A_REASON = 12;

/**
 * Runs one check from the list.
 * Returns {passed, failed, seconds, output, failures}: `failures` are [{name, why}], the tests that failed with the
 * first lines of the reason. A time-out or a command that cannot be started is one failure.
 */
export async function runCheck(check) {
  const started = Date.now();
  if (check.report) {
    mkdirSync(join(root, dirname(check.report)), { recursive: true });
    rmSync(join(root, check.report), { force: true });
  }
  const { code, output } = await run(check.command, check.minutes * 60_000);
  const counted = counters[check.counts ?? 'exit'](code, output, check);
  return {
    ...counted,
    seconds: (Date.now() - started) / 1000,
    output: output.slice(-20_000),
    failures: check.report ? failuresIn(readReport(check.report)) : [],
  };
}

/** Of Vitest's JSON report, each test that failed, and each file that failed outside its tests. */
function failuresIn(report) {
  return (report?.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    const tests = assertionResults.filter((test) => test.status === 'failed');
    const why = (text = '') => text.split('\n').slice(0, LINES_OF_A_REASON).join('\n');
    if (status === 'failed' && tests.length === 0) return [{ name, why: why(message) }];
    return tests.map((test) => ({
      name: `${name} > ${test.fullName}`,
      why: why(test.failureMessages[0]),
    }));
  });
}

const counters = {
  exit: (code) => ({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 }),
  canary: (code, output) => {
    const boundaries = output.split('"@nx/enforce-module-boundaries"').length - 1;
    const holds =
      code !== 0 &&
      canaryRules.every((rule) => output.includes(`"${rule}"`)) &&
      boundaries >= canaryBoundaries;
    return { passed: holds ? 1 : 0, failed: holds ? 0 : 1 };
  },
  tests: (code, _output, check) => {
    const report = readReport(check.report);
    if (!report) return { passed: 0, failed: 1 };
    const passed = report.numPassedTests;
    const failed =
      report.numTotalTests -
      passed +
      report.testResults.filter(
        (file) => file.status === 'failed' && file.assertionResults.length === 0,
      ).length;
    return { passed, failed: failed === 0 && code !== 0 ? 1 : failed };
  },
};

function readReport(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return null;
  }
}

function run(command, milliseconds) {
  const bin = join(root, 'node_modules', '.bin');
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: root,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        FORCE_COLOR: '0',
        NO_COLOR: '1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    const collect = (chunk) => (output = (output + chunk).slice(-2_000_000));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // The whole group goes, or a test's broker outlives the test.
    const timer = setTimeout(() => {
      output += `\nTimed out after ${milliseconds / 60_000} minutes.\n`;
      process.kill(-child.pid, 'SIGKILL');
    }, milliseconds);
    child.on('error', (error) => finish(127, String(error)));
    child.on('close', (code) => finish(code ?? 1, ''));
    function finish(code, more) {
      clearTimeout(timer);
      resolve({ code, output: output + more });
    }
  });
}
