// Signed requests to one bucket.
import { createHash } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { encoded } from '../http/encoded.ts';
import { networkError } from '../http/http-error.ts';
import type { AwsKeys } from './aws-keys.ts';
import { s3Code, s3Error } from './s3-error.ts';

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Of the object, all of it; empty for the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  readonly silenceMs?: number;
  readonly mostBytes?: number;
  /** For errors: `Cannot read "s3://bucket/key"`. */
  readonly what: string;
  /** Codes of refusals that the caller wants to see. */
  readonly accept?: readonly string[];
}

export interface S3Answer extends HttpAnswer {
  /** Of a refusal that the caller wanted to see; else empty. */
  readonly code: string;
}

export class S3Client {
  readonly #http: HttpClient;
  readonly #url: URL;
  readonly #keys: AwsKeys;
  readonly #region: string;
  readonly #signingKeys = new Map<string, ArrayBuffer>();

  /** @param url - Of the bucket, with a slash at its end. */
  constructor(http: HttpClient, url: URL, keys: AwsKeys, region: string) {
    this.#http = http;
    this.#url = url;
    this.#keys = keys;
    this.#region = region;
  }

  /** @throws {@link SnapshotError} for every refusal that is not accepted, and when there is no answer. */
  async call(asked: S3Request): Promise<S3Answer> {
    const { method, body, signal, silenceMs, mostBytes, what } = asked;
    const url = new URL(`${this.#url.href}${asked.key.split('/').map(encoded).join('/')}`);
    url.search = Object.entries(asked.query ?? {})
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .join('&');
    const sent = {
      ...asked.headers,
      'X-Amz-Content-Sha256': createHash('sha256')
        .update(body ?? '')
        .digest('hex'),
      // Not every server looks at the other sum.
      ...(body === undefined ? {} : { 'Content-MD5': createHash('md5').update(body).digest('base64') }),
    };
    const { accessKeyId, secretAccessKey, sessionToken } = this.#keys;
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: sent,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken }),
      service: 's3',
      region: this.#region,
      cache: this.#signingKeys,
    });
    const signed = await signer.sign();
    const headers = Object.fromEntries(signed.headers);
    let answer: HttpAnswer;
    try {
      answer = await this.#http.request({ method, url, headers, body, signal, silenceMs, mostBytes });
    } catch (error) {
      throw networkError(what, url.host, error);
    }
    if (answer.status >= 200 && answer.status < 300) return { ...answer, code: '' };
    const code = s3Code(answer);
    if (asked.accept?.includes(code) === true) return { ...answer, code };
    throw s3Error(what, answer);
  }
}
