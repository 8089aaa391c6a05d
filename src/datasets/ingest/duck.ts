import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

export interface DuckOptions {
  /** The one folder that DuckDB may read. */
  readonly folder: string;
  readonly temporaryFolder: string;
  readonly memoryBytes: number;
  readonly threads: number;
}

const MOST_TEMPORARY = '20GiB';

/** A fresh database in memory that sees one folder, loads no extension, and whose settings cannot change any more. */
export async function openDuck({
  folder,
  temporaryFolder,
  memoryBytes,
  threads,
}: DuckOptions): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${String(Math.floor(memoryBytes / 1024))}KiB`,
    threads: String(threads),
    temp_directory: temporaryFolder,
    max_temp_directory_size: MOST_TEMPORARY,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
  });
  const connection = await instance.connect();
  // Times without a zone are UTC, wherever the service runs.
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`SET allowed_directories = [${quoteText(folder)}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return connection;
}

/** An SQL identifier, whatever the name holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An SQL text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
