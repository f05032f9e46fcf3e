// Before the tests of a room below Stryker: that a property fails is enough, nobody looks at its smallest case.
import * as fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true });
