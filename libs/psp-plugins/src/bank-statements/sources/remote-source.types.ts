/** The interface of a place at the bank from which files are copied: a directory on an SFTP server, or a bucket. */

export interface RemoteFile {
  /** The name without a path. */
  name: string;
  size: number;
  /** The modification time in ms since 1970. */
  modifiedAt: number;
}

/** An open connection. Files are only listed and read. No method changes or deletes a file. */
export interface RemoteSession {
  /**
   * Returns the files of the directory, without sub-directories.
   * @throws PspError if the files cannot be listed
   */
  listFiles(): Promise<RemoteFile[]>;
  /**
   * Reads a file from its beginning.
   * @throws PspError if the file cannot be read
   */
  readFile(file: RemoteFile): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface RemoteSource {
  /** True if a file becomes visible only when it is complete. False if a file may be listed while it is still being uploaded. */
  readonly hasOnlyCompleteFiles: boolean;
  /**
   * Opens a connection.
   * @throws PspError if the server cannot be reached, or refuses the credentials
   */
  connect(): Promise<RemoteSession>;
}

/** The time in ms without an answer or a byte after which a connection is given up. */
export const MAX_SILENCE_MS = 30_000;
