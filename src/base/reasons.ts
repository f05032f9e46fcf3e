// What the system's errors mean, in words.
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'not a folder',
  EISDIR: 'is a folder',
  ENOSPC: 'no space left',
  EDQUOT: 'the quota is used up',
  EROFS: 'the disk is read-only',
  EIO: 'the disk reports an error',
  EBUSY: 'in use by another program',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'a link where a file was',
  ETXTBSY: 'in use by another program',
  EEXIST: 'it exists already',
  ENOTEMPTY: 'it is not empty',
  ECONNREFUSED: 'nobody answers there',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name cannot be looked up',
  ETIMEDOUT: 'no answer in time',
  ENOSYS: 'it cannot do that',
  ENOTSUP: 'it does not support that',
  EOPNOTSUPP: 'it does not support that',
  EXDEV: 'it is on another file system',
  EFBIG: 'too large for this file system',
  EMLINK: 'this file has as many names as it can',
  EINVAL: 'the system does not accept it',
  ENODEV: 'there is no such device',
  ENXIO: 'there is no such device',
  ENOTCONN: 'what is mounted there does not answer any more',
  ESTALE: 'the file server does not know it any more',
  EHOSTDOWN: 'the file server does not answer',
  ENFILE: 'too many open files on this machine',
  ENOMEM: 'no memory left',
  EAGAIN: 'not possible right now',
  EILSEQ: 'that name is not possible there',
  EOVERFLOW: 'a number is too large for it',
  EPIPE: 'nobody reads what is written',
  ENOMEDIUM: 'there is no disk in the drive',
  EUCLEAN: 'the file system is damaged',
  EREMOTEIO: 'the disk reports an error',
  ENOKEY: 'it is encrypted, and its key is not there',
  EKEYEXPIRED: 'it is encrypted, and its key has expired',
  EKEYREVOKED: 'it is encrypted, and its key was taken back',
  EKEYREJECTED: 'it is encrypted, and its key is not accepted',
  EHWPOISON: 'the memory of this machine reports an error',
};

/** Numbers of Linux that Node has no name for. Source: `asm-generic/errno.h`. */
const LINUX: Readonly<Record<number, string>> = {
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  126: 'ENOKEY',
  127: 'EKEYEXPIRED',
  128: 'EKEYREVOKED',
  129: 'EKEYREJECTED',
  133: 'EHWPOISON',
};

/** The name of an error by its number, which is negative; undefined when it has none. */
export function nameOfErrno(errno: number): string | undefined {
  const known = Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0];
  return known ?? (process.platform === 'linux' ? LINUX[-errno] : undefined);
}

/** A few words for an error of the system; undefined when it is none. @param errno - 0 when there is no number. */
export function sentenceOf(code: string, errno: number): string | undefined {
  if (Object.hasOwn(REASONS, code)) return REASONS[code];
  if (errno >= 0) return undefined;
  const words = getSystemErrorMap().get(errno)?.[1];
  return words === undefined
    ? `the system reports error ${-errno}, for which it has no words here`
    : `${words} (${code})`;
}
