// The upload page.
import { show } from '../shared/show.ts';
import { UploadPage } from './upload-page.tsx';

show(<UploadPage />);
