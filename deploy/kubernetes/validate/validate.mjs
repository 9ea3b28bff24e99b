// Checks the manifests one folder up, without a cluster: types, ranges and required fields by the schemas of Kubernetes, and by its
// types in TypeScript that there is no field which Kubernetes does not know, for the schemas let those through.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, '..');
const faults = [];
const objects = [];

for (const name of readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')) {
  for (const document of parseAllDocuments(readFileSync(join(folder, name), 'utf8'))) {
    document.errors.forEach((error) => faults.push(`${name}: ${error.message}`));
    const object = document.toJS();
    objects.push({ name: `${name}: ${object.kind} ${object.metadata?.name}`, object });
  }
}

const source = [];
for (const { name, object } of objects) {
  const module = `kubernetes-models/${object.apiVersion}/${object.kind}`;
  try {
    const kind = (await import(module))[object.kind];
    new kind(object).validate();
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
    continue;
  }

  source.push(`import { I${object.kind} as T${source.length} } from "${module}";`
    + ` export const o${source.length}: T${source.length} = ${JSON.stringify(object)}; // ${name}`);
}

// In this folder, so that the types are found; it is never written.
const file = join(here, 'manifests.ts');
const options = { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
const host = ts.createCompilerHost(options);
const { readFile, fileExists } = host;
host.readFile = (path) => (path === file ? source.join('\n') : readFile(path));
host.fileExists = (path) => path === file || fileExists(path);
host.getSourceFile = (path, version) => {
  const text = host.readFile(path);
  return text === undefined ? undefined : ts.createSourceFile(path, text, version);
};
for (const diagnostic of ts.getPreEmitDiagnostics(ts.createProgram([file], options, host))) {
  const line = diagnostic.file?.fileName === file ? diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line : -1;
  const where = line < 0 ? 'types' : source[line].slice(source[line].lastIndexOf('// ') + 3);
  faults.push(`${where}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`);
}

faults.forEach((fault) => console.error(fault));
if (objects.length === 0 || faults.length > 0) {
  console.error(`${objects.length} objects, ${faults.length} faults`);
  process.exit(1);
}

console.log(`${objects.length} objects, no fault`);
